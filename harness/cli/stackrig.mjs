#!/usr/bin/env node
// The command `stackrig`. In a checkout it first makes sure that what it runs is made of the sources as they are.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureBuilt } from '../build.mjs'

/** What a machine says that is full, or does not let itself be written to (errno(3)). */
const faults = ['EACCES', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOSPC', 'EPERM', 'EROFS']

const built = await ensureBuilt().catch((error) => {
  if (!faults.includes(error.code)) throw error
  process.stderr.write(`HOST_DISK the sources must be translated\n  seen:  ${error.message}\n`)
  process.exit(3)
})
const { main } = await import(pathToFileURL(join(built, 'harness', 'cli', 'main.js')).href)
await main(process.argv)
