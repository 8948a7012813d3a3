import { readFileSync } from 'node:fs';
import { readEnvironment } from '../../src/config/environment.js';
import { faultsOf, readManifests, type Manifest } from './manifests.js';

const manifests = readManifests();

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly timeoutSeconds?: number;
}

interface Container {
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}

interface Pods {
  readonly metadata: { readonly labels: object };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly terminationGracePeriodSeconds: number;
  };
}

function read<Spec>(file: string): Spec {
  return manifests.get(file) as Spec;
}

const { spec: deployment } = read<{ spec: { selector: { matchLabels: object }; template: Pods } }>('deployment.yaml');
const { spec: job } = read<{ spec: { template: Pods } }>('migrate.yaml');
const { data: settings } = read<{ data: Record<string, string> }>('configuration.yaml');
const [server] = deployment.template.spec.containers as [Container];

test.each([...manifests])('%s is what the schema of Kubernetes describes, without an unknown field', (_, manifest) => {
  expect(faultsOf(manifest)).toEqual([]);
});

describe('the schema finds', () => {
  const changed = (change: (text: string) => string) =>
    JSON.parse(change(JSON.stringify(manifests.get('deployment.yaml')))) as Manifest;

  test.each([
    ['a misspelt field', '"readinessProbe"', '"readynessProbe"', /readynessProbe is unknown/],
    ['a wrong type', '"containerPort":3000', '"containerPort":"3000"', /containerPort must be integer/],
    ['a missing field', '"selector"', '"selektor"', /selector/],
    ['an unknown kind', '"apps/v1"', '"apps/v2"', /apps\/v2 Deployment is unknown/],
  ])('the schema finds %s', (_, before, after, fault) => {
    const faults = faultsOf(changed((text) => text.replace(before, after)));
    expect(faults.join('\n')).toMatch(fault);
  });
});

test('the settings are valid, and each is one of the service', () => {
  const environment = readEnvironment(settings);
  expect(environment).toMatchObject({ METRICS_PORT: 9464, PUBLIC_URL: settings['PUBLIC_URL'] });
  expect(Object.keys(settings).filter((name) => !Object.keys(environment).includes(name))).toEqual([]);
  const ports = server.ports?.map(({ name, containerPort }) => [name, containerPort]);
  expect(ports).toEqual([
    ['http', environment.PORT],
    ['metrics', environment.METRICS_PORT],
  ]);
});

test('the selectors of the deployment, the service and the budget choose its pods, and not those of the migration', () => {
  const service = read<{ spec: { selector: object } }>('service.yaml').spec.selector;
  const budget = read<{ spec: { selector: { matchLabels: object } } }>('disruption-budget.yaml').spec.selector;
  for (const selector of [deployment.selector.matchLabels, service, budget.matchLabels]) {
    expect(deployment.template.metadata.labels).toMatchObject(selector);
    expect(job.template.metadata.labels).not.toMatchObject(selector);
  }
});

test('the probes ask for the paths of health, and readiness waits longer than its checks', () => {
  expect(server.startupProbe.httpGet).toEqual({ path: '/health/live', port: 'http' });
  expect(server.livenessProbe.httpGet).toEqual({ path: '/health/live', port: 'http' });
  expect(server.readinessProbe.httpGet).toEqual({ path: '/health/ready', port: 'http' });
  expect(server.readinessProbe.timeoutSeconds).toBeGreaterThan(3);
  expect(deployment.template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(25);
});

test('the migration and the deployment run the image of this version, as in compose, then the grants', () => {
  const [migrate] = job.template.spec.initContainers as [Container];
  const [grants] = job.template.spec.containers as [Container];
  const compose = readFileSync('compose.yaml', 'utf8');
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect([migrate.image, server.image]).toEqual(Array(2).fill(`hospital-memberships:${version}`));
  expect(compose).toContain(`command: [${migrate.command?.join(', ') ?? ''}]`);
  expect(compose).toContain(`image: ${grants.image}`);
  const url = migrate.env?.find(({ name }) => name === 'DATABASE_URL')?.value ?? '';
  expect(readEnvironment({ DATABASE_URL: url }).DATABASE_URL).toBe(url);
});
