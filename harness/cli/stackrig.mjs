#!/usr/bin/env node
// The command `stackrig`. In a checkout it first makes sure that what it runs is made of the sources as they are.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureBuilt } from '../build.mjs'

const { main } = await import(pathToFileURL(join(await ensureBuilt(), 'harness', 'cli', 'main.js')).href)
await main(process.argv)
