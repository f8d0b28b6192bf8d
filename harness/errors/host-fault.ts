import { messageOf, StackrigError } from './error.js'

const limits = ['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM']
const noRoom = ['ENOSPC', 'EDQUOT']
const noFolder = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOENT', 'EIO', 'ENAMETOOLONG', 'EEXIST', 'ELOOP']

/** The code of a failed system call, as ENOSPC; '' when it was none. */
export function systemCode(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : ''
}

/**
 * The error for a system call that failed because of this machine: HOST_LIMIT, HOST_DISK or HOST_FOLDER. What is none of
 * these is given back as it is.
 */
export function hostFault(error: unknown, wanted: string, where: string): unknown {
  const code = systemCode(error)
  const details = { where, seen: messageOf(error), cause: error }
  if (limits.includes(code)) {
    const next = 'raise the limit (ulimit -n for open files, ulimit -u for processes), or end other programs'
    return new StackrigError('HOST_LIMIT', wanted, { ...details, next })
  }
  if (noRoom.includes(code)) {
    const next =
      'free some, or set TMPDIR (running clusters) or STACKRIG_CACHE (images, snapshots) to a larger disk'
    return new StackrigError('HOST_DISK', wanted, { ...details, next })
  }
  if (noFolder.includes(code)) {
    const next = 'set TMPDIR (running clusters) or STACKRIG_CACHE (images, snapshots) to a folder of your own'
    return new StackrigError('HOST_FOLDER', wanted, { ...details, next })
  }
  return error
}
