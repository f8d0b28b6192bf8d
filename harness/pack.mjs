// Makes dist/package, which `npm pack` puts into the package: JavaScript and types, so that nothing is translated there.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildInto, packed } from './build.mjs'

rmSync(packed, { recursive: true, force: true })
await buildInto(packed)
const types = ['tsc', '--project', 'tsconfig.package.json', '--outDir', packed]
const { status } = spawnSync('npx', ['--no-install', ...types], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  stdio: 'inherit',
})
process.exitCode = status ?? 1
