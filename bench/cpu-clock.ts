/** Loaded before a measured server: tells its processor time, in microseconds, whenever the benchmark asks. */
process.on('message', (message) => {
  if (message !== 'cpu') return;
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
// The server ends as without it.
process.channel?.unref();
