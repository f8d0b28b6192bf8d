import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, onTestFinished, test } from 'vitest'
import { ensureModules } from '../build.mjs'
import { readLock } from './lock-file.js'
import { formatQemubootConf } from './qemuboot-conf.js'

const built = join(await ensureModules(), 'harness', 'images', 'index.js')

/** Writes ten entries, one after the other. */
const writer = (file: string, folder: string, name: string): string => `
  const { lockImages } = await import(${JSON.stringify(built)})
  for (let number = 0; number < 10; number++) {
    const image = { name: '${name}' + number, role: 'compute', contract: 'pike', folder: ${JSON.stringify(folder)} }
    await lockImages([], { file: ${JSON.stringify(file)}, imports: [image] })
  }`

test('several writers of images.lock at once lose no entry', { timeout: 60_000 }, async () => {
  const root = mkdtempSync(join(tmpdir(), 'stackrig-writers-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const folder = join(root, 'deploy')
  mkdirSync(folder)
  const conf = {
    qb_default_kernel: 'bzImage',
    qb_default_fstype: 'cpio',
    image_link_name: 'p',
    qb_mem: '-m 64',
  }
  writeFileSync(join(folder, 'p.qemuboot.conf'), formatQemubootConf(conf))
  for (const name of ['bzImage', 'p.cpio']) writeFileSync(join(folder, name), name)
  const file = join(root, 'images.lock')
  await Promise.all(
    ['a', 'b', 'c', 'd'].map((name) =>
      execa(process.execPath, ['--input-type=module', '--eval', writer(file, folder, name)], {
        env: { STACKRIG_CACHE: join(root, 'cache') },
      }),
    ),
  )
  expect(Object.keys(readLock(file).images)).toHaveLength(40)
})
