import { rm } from 'node:fs/promises'

/** Removes a folder, if it is there. What was killed a moment ago may still be writing: it is tried for some seconds. */
export const removeFolder = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 })
