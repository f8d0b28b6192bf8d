import { homedir } from 'node:os'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { buildImages, findImage, readRecipe, recipeNames } from '../images/index.js'
import { givenRunqemu } from '../testing/runqemu.js'

const runqemu = givenRunqemu()

const nodes = recipeNames().filter((name) => readRecipe(name).recipe.builder === 'debian')

test.each(nodes)(
  'image %s boots under runqemu as a person calls it, with its own qemuboot.conf',
  async (name) => {
    await buildImages([name])
    const image = await findImage(name)
    // Everything that the image's conf does not say is taken from the environment: there is none.
    const environment = { PATH: process.env['PATH'] ?? '', HOME: homedir(), TERM: 'dumb' }
    const call = execa(runqemu, [image.conf.file, 'snapshot', 'nographic', 'slirp'], {
      all: true,
      buffer: false,
      env: environment,
      extendEnv: false,
      reject: false,
      stdin: 'pipe',
    })
    let said = ''
    call.all.on('data', (data: Buffer) => (said += data.toString()))
    try {
      await expect.poll(() => said, { timeout: 60_000 }).toMatch(/Running .*qemu-system-x86_64 /)
      const command = /Running (.*qemu-system-x86_64 .*)/.exec(said)?.[1] ?? ''
      expect(command).toContain(`-kernel ${image.kernel}`)
      expect(command).toContain(`-initrd ${image.initrd ?? ''}`)
      expect(command).toMatch(/-append '?root=\/dev\/vda /)
      await expect.poll(() => said, { timeout: 1_200_000, interval: 1000 }).toMatch(/ login: $/m)
    } finally {
      // It ends QEMU, and gives its ports back.
      call.kill('SIGTERM')
      await call
    }
  },
  1_500_000,
)
