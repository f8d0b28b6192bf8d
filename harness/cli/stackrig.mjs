#!/usr/bin/env node
// The command `stackrig`. In a checkout it first makes sure that what it runs is made of the sources as they are.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureBuilt } from '../build.mjs'

/** What a machine says that is full, or does not let itself be written to (errno(3)). */
const faults = ['EACCES', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOSPC', 'EPERM', 'EROFS']

// Before anything is loaded, for Node keeps no maps otherwise: stacks are shown with DEBUG, and many sources are one file in a build.
if (process.env.DEBUG) process.setSourceMapsEnabled(true)

try {
  const { main } = await import(pathToFileURL(join(await ensureBuilt(), 'harness', 'main.js')).href)
  await main(process.argv)
} catch (error) {
  const { code = '', message } = /** @type {NodeJS.ErrnoException} */ (error)
  if (!faults.includes(code)) throw error
  const ours = ['EMFILE', 'ENFILE'].includes(code) ? 'HOST_LIMIT' : 'HOST_DISK'
  process.stderr.write(`${ours} stackrig must be loaded\n  seen:  ${message}\n`)
  process.stderr.write('  next:  look at ulimit -n, at df, and at who may write to dist/ of the checkout\n')
  process.exitCode = 3
}
