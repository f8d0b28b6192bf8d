// `npm run torture`: what it runs is made of the sources as they are, like the command `stackrig`.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureModules } from '../build.mjs'

await import(pathToFileURL(join(await ensureModules(), 'harness', 'torture', 'main.js')).href)
