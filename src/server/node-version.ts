/**
 * Ends the process if Node is too old. `main.ts` imports this module before the service, which an older Node cannot
 * load.
 */
const MINIMUM = [20, 19];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const [minimumMajor = 0, minimumMinor = 0] = MINIMUM;
if (major < minimumMajor || (major === minimumMajor && minor < minimumMinor)) {
  process.stderr.write(
    `This service needs Node ${MINIMUM.join('.')} or later, but this is Node ${process.versions.node}; install Node 24.\n`,
  );
  process.exit(1);
}
