import { readdirSync, readFileSync } from 'node:fs';
import { Deployment } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Service } from 'kubernetes-models/v1';
import { parse } from 'yaml';

const FOLDER = 'deploy/kubernetes';

/** A manifest as it is written. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** The models of Kubernetes, whose `validate` throws what its schema forbids. */
const MODELS: Readonly<Record<string, new (data: never) => { validate(): void }>> = {
  'apps/v1 Deployment': Deployment,
  'batch/v1 Job': Job,
  'policy/v1 PodDisruptionBudget': PodDisruptionBudget,
  'v1 ConfigMap': ConfigMap,
  'v1 Service': Service,
};

const TOP_LEVEL = new Set(['apiVersion', 'kind', 'metadata', 'spec', 'data']);

/** @returns file name -> manifest */
export function readManifests(): Map<string, Manifest> {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
  return new Map(files.map((name) => [name, parse(readFileSync(`${FOLDER}/${name}`, 'utf8')) as Manifest]));
}

/**
 * @returns what is wrong with a manifest by the schema of Kubernetes. The schema ignores unknown fields, and so would a
 *   cluster; a field that the validation does not read is unknown.
 */
export function faultsOf(manifest: Manifest): string[] {
  const Model = MODELS[`${manifest.apiVersion} ${manifest.kind}`];
  if (Model === undefined) return [`${manifest.apiVersion} ${manifest.kind} is unknown`];
  const unread = new Set<string>();
  // Not by its constructor, which reads everything.
  const model = new Model({} as never);
  for (const [name, field] of Object.entries(manifest))
    Object.assign(model, { [name]: watch(field, `/${name}`, unread) });
  const unknown = Object.keys(manifest).filter((name) => !TOP_LEVEL.has(name));
  try {
    model.validate();
  } catch (error) {
    return [(error as Error).message];
  }
  return [...unknown, ...unread].map((path) => `${path} is unknown`);
}

/** @returns the same value, whose fields leave `unread` when they are read */
function watch(value: unknown, path: string, unread: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const watched: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {};
  for (const [name, field] of Object.entries(value)) {
    const at = `${path}/${name}`;
    unread.add(at);
    const inner = watch(field, at, unread);
    Object.defineProperty(watched, name, {
      enumerable: true,
      configurable: true,
      get: () => {
        unread.delete(at);
        return inner;
      },
    });
  }
  return watched;
}
