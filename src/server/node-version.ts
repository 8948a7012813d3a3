/**
 * Ends the process if Node is older than the service supports. `main.ts` imports only this before it imports the
 * service, which an older Node cannot load.
 */
const OLDEST = [20, 19];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const [oldestMajor = 0, oldestMinor = 0] = OLDEST;
if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
  process.stderr.write(
    `This service needs Node ${OLDEST.join('.')} or later, and this is Node ${process.versions.node}; install Node 24.\n`,
  );
  process.exit(1);
}
