// `npm run torture`: what it runs is made of the sources as they are, like the command `stackrig`.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureBuilt } from '../build.mjs'

await import(pathToFileURL(join(await ensureBuilt(), 'harness', 'torture', 'main.js')).href)
