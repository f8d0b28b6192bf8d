/**
 * Starts something whose files nobody but this user may read: memory and disks of nodes hold passwords. A process has the
 * umask of the one that starts it (umask(2)), so `work` must start it before it returns.
 */
export function withPrivateFiles<T>(work: () => T): T {
  const before = process.umask(0o077)
  try {
    return work()
  } finally {
    process.umask(before)
  }
}
