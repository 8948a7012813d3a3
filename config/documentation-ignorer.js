import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** Decorators that only feed the OpenAPI document. */
const DOCUMENTATION = /^(Answers|Api[A-Z]\w*)$/;

/** Properties of `@Field` that only feed the OpenAPI document. */
const TEXTS = new Set(['description', 'example']);

/** Ignores code that only feeds the OpenAPI document: descriptions, examples and listed statuses. */
const ignorer = {
  shouldIgnore(path) {
    if (path.isDecorator() && DOCUMENTATION.test(calleeOf(path))) return 'It only feeds the OpenAPI document.';
    if (path.isObjectProperty() && TEXTS.has(path.node.key.name) && isInField(path)) {
      return 'It only feeds the OpenAPI document.';
    }
    return undefined;
  },
};

function calleeOf(decorator) {
  return decorator.node.expression.callee?.name ?? '';
}

function isInField(path) {
  const decorator = path.findParent((parent) => parent.isDecorator());
  return decorator !== null && calleeOf(decorator) === 'Field';
}

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'documentation', ignorer)];
