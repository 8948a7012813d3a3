/** Finds the calls that send SQL, and evaluates the texts that they send. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from '@swc/core';
import ts from 'typescript';

/** Migrations are prepared by running them. */
const NOT_CHECKED = /^src\/database\/migrations\//;

/** Stands for everything that is known only at run time. A text that contains it cannot be evaluated. */
const UNKNOWN = new Proxy(function () {}, {
  get: (_, name) => {
    if (name === Symbol.toPrimitive || name === 'toString') throw new Error('unknown text');
    if (name === Symbol.iterator) return undefined;
    return UNKNOWN;
  },
  apply: () => UNKNOWN,
});

const { options, fileNames } = ts.parseJsonConfigFileContent(
  ts.readConfigFile('tsconfig.json', ts.sys.readFile).config,
  ts.sys,
  '.',
);
const program = ts.createProgram(
  fileNames.filter((name) => /\/src\//.test(`/${name}`)),
  { ...options, incremental: false, tsBuildInfoFile: undefined },
);
const checker = program.getTypeChecker();
const sources = program.getSourceFiles().filter((file) => relative('.', file.fileName).startsWith('src/'));

/** The calls in src by the name of what they call. Resolving all of them would take as long as checking all types. */
const callsByName = new Map();
for (const source of sources) {
  visit(source, (node) => {
    if (!ts.isCallExpression(node)) return;
    const name = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : node.expression.getText();
    callsByName.set(name, [...(callsByName.get(name) ?? []), node]);
  });
}

/** @returns the calls of a function */
function callsOf(declaration) {
  const calls = callsByName.get(nameOf(declaration)) ?? [];
  return calls.filter((call) => checker.getResolvedSignature(call)?.declaration === declaration);
}

function visit(node, see) {
  see(node);
  node.forEachChild((child) => visit(child, see));
}

/**
 * @returns the place and row type of each call that sends a statement, and the texts that it sends. A call in a function
 *   whose callers pass parts of the statement occurs once for each caller.
 */
export async function statementsOf() {
  const found = [];
  for (const source of sources) {
    const path = relative('.', source.fileName);
    if (NOT_CHECKED.test(path)) continue;
    const senders = [];
    visit(source, (node) => {
      if (sendsSql(node)) senders.push(node);
    });
    for (const sender of senders) {
      const { line } = source.getLineAndCharacterOfPosition(sender.getStart());
      const callers = callersAround(sender);
      for (const caller of callers.length === 0 ? [undefined] : callers) {
        const texts = (await valuesOf(sender.arguments[0], caller)).filter((text) => typeof text === 'string');
        const row = rowTypeOf(sender);
        found.push({ place: `${path}:${line + 1}`, texts: [...new Set(texts)], row, typeOf: typeArgumentsOf(caller) });
      }
    }
  }
  return { checker, found };
}

/** @returns the calls of the innermost function around a node that has any in src */
function callersAround(node) {
  const around = ts.findAncestor(node.parent, (each) => ts.isFunctionLike(each) && callsOf(each).length > 0);
  return around === undefined ? [] : callsOf(around);
}

/** @returns a function that finds the type that a call passes for a type parameter */
function typeArgumentsOf(call) {
  if (call === undefined) return (type) => type;
  const signature = checker.getResolvedSignature(call);
  const parameters = signature.getDeclaration().typeParameters ?? [];
  const passed = checker.getTypeArgumentsForResolvedSignature(signature) ?? [];
  return (type) => {
    const index = parameters.findIndex((parameter) => checker.getTypeAtLocation(parameter) === type);
    return passed[index] ?? type;
  };
}

/** Calls of a method `query` with a text. A function that only forwards a text is not a sender. */
function sendsSql(node) {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const [text] = node.arguments;
  if (node.expression.name.text !== 'query' || text === undefined) return false;
  if ((checker.getTypeAtLocation(text).flags & ts.TypeFlags.StringLike) === 0) return false;
  const isInQuery = ts.findAncestor(node, (each) => ts.isFunctionLike(each) && nameOf(each) === 'query') !== undefined;
  return !isInQuery && !(ts.isIdentifier(text) && text.text === 'text');
}

/** @returns the name of a method, also of one that is written as a property */
function nameOf(functionLike) {
  const { name } = functionLike.name === undefined ? functionLike.parent : functionLike;
  return name === undefined ? undefined : name.getText();
}

/** @returns the type of a row; undefined if the call names none */
function rowTypeOf(call) {
  const [argument] = call.typeArguments ?? [];
  if (argument === undefined) return undefined;
  let row = checker.getTypeFromTypeNode(argument);
  // TypeORM's `query` names the type of all rows, and of an UPDATE that of a pair of the rows and their number.
  while (checker.isArrayType(row) || checker.isTupleType(row)) [row] = checker.getTypeArguments(row);
  return (row.flags & ts.TypeFlags.Unknown) === 0 ? row : undefined;
}

/**
 * @param caller the only call of its function to consider
 * @returns every value that an expression can have, as far as constants determine it
 */
async function valuesOf(expression, caller) {
  const alternatives = branchesOf(expression);
  const values = [];
  for (const branch of alternatives) {
    const names = localsIn(branch);
    let scopes = [{}];
    for (const [name, identifier] of names) {
      const possible = await localValuesOf(identifier, caller);
      scopes = scopes.flatMap((scope) => possible.map((value) => ({ ...scope, [name]: value })));
    }
    const evaluate = await evaluatorOf(expression.getSourceFile());
    for (const scope of scopes) {
      try {
        values.push(evaluate(branch.getText(), scope));
      } catch {
        values.push(UNKNOWN);
      }
    }
  }
  return values;
}

/** @returns both branches of a conditional expression, otherwise the expression itself */
function branchesOf(expression) {
  if (ts.isParenthesizedExpression(expression)) return branchesOf(expression.expression);
  if (!ts.isConditionalExpression(expression)) return [expression];
  return [...branchesOf(expression.whenTrue), ...branchesOf(expression.whenFalse)];
}

/** @returns the identifiers in an expression that are neither declared in it nor by its module */
function localsIn(expression) {
  const locals = new Map();
  visit(expression, (node) => {
    if (!ts.isIdentifier(node)) return;
    const isName = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
    if (isName || (ts.isPropertyAssignment(node.parent) && node.parent.name === node)) return;
    const declaration = declarationOf(node);
    if (declaration === undefined || !isLocal(declaration)) return;
    const isInside = declaration.getStart() >= expression.getStart() && declaration.end <= expression.end;
    if (!isInside) locals.set(node.text, node);
  });
  return locals;
}

function declarationOf(identifier) {
  const symbol = ts.isShorthandPropertyAssignment(identifier.parent)
    ? checker.getShorthandAssignmentValueSymbol(identifier.parent)
    : checker.getSymbolAtLocation(identifier);
  return symbol?.declarations?.[0];
}

function isLocal(declaration) {
  if (ts.isParameter(declaration)) return true;
  if (!ts.isVariableDeclaration(declaration) && !ts.isBindingElement(declaration)) return false;
  return ts.findAncestor(declaration, (node) => ts.isFunctionLike(node)) !== undefined;
}

/** @returns the values of a local constant, or those that callers pass for a parameter */
async function localValuesOf(identifier, caller) {
  const declaration = declarationOf(identifier);
  if (ts.isBindingElement(declaration)) {
    const { parent: pattern } = declaration;
    if (!ts.isVariableDeclaration(pattern.parent) || pattern.parent.initializer === undefined) return [UNKNOWN];
    const key = ts.isArrayBindingPattern(pattern)
      ? pattern.elements.indexOf(declaration)
      : (declaration.propertyName ?? declaration.name).text;
    return (await valuesOf(pattern.parent.initializer, caller)).map((value) => value?.[key] ?? UNKNOWN);
  }
  if (ts.isParameter(declaration)) {
    const index = declaration.parent.parameters.indexOf(declaration);
    const calls = callsOf(declaration.parent);
    const considered = calls.includes(caller) ? [caller] : calls;
    const passed = considered.map((call) => call.arguments[index] ?? declaration.initializer);
    const values = [];
    for (const argument of passed) values.push(...(argument === undefined ? [undefined] : await valuesOf(argument)));
    return values.length === 0 ? [UNKNOWN] : values;
  }
  return declaration.initializer === undefined ? [UNKNOWN] : valuesOf(declaration.initializer, caller);
}

const evaluators = new Map();

/** @returns a function that evaluates TypeScript in the scope of a module, with the values of local names */
async function evaluatorOf(source) {
  if (!evaluators.has(source.fileName)) {
    const built = `dist/${relative('.', source.fileName).replace(/\.ts$/, '.js')}`;
    const copy = built.replace(/\.js$/, '.evaluated.js');
    const end = '\nexport function evaluateHere(code, values) { return eval(code).apply(this, values); }\n';
    writeFileSync(copy, readFileSync(built, 'utf8').replace(/\/\/# sourceMappingURL.*/, '') + end);
    try {
      const { evaluateHere } = await import(pathToFileURL(copy).href);
      evaluators.set(source.fileName, (text, scope) => {
        const code = `(function (${Object.keys(scope).join(', ')}) { return (${text}\n); })`;
        const { code: script } = transformSync(code, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
        return evaluateHere.call(UNKNOWN, script, Object.values(scope));
      });
    } finally {
      rmSync(copy);
    }
  }
  return evaluators.get(source.fileName);
}
