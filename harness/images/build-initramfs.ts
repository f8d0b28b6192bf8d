import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildTask } from './build-task.js'
import { packInitramfs } from './initramfs.js'
import { unpackSmallSystem } from './kernel.js'
import { imageFileName, qemubootValues } from './qemuboot-values.js'
import type { InitramfsRecipe } from './recipe.js'

/**
 * Builds an image that is a kernel and an initramfs. Returns its packages.
 * The archive is not compressed: QEMU copies it into memory at once, while inflating it costs seconds under TCG.
 */
export async function buildInitramfs(task: BuildTask<InitramfsRecipe>): Promise<string[]> {
  const { recipe, folder, output, log } = task
  task.step('unpacking the kernel')
  const system = await unpackSmallSystem(log, recipe.suite, recipe.kernel, task.exact)
  task.step('packing the initramfs')
  await copyFile(system.kernel, join(output, 'bzImage'))
  const initramfs = await packInitramfs(log, system, recipe.modules, join(folder, 'files'))
  await writeFile(join(output, `${imageFileName(recipe)}.cpio`), initramfs)
  await task.writeConf({ ...qemubootValues(recipe), qb_default_fstype: 'cpio' })
  return system.packages
}
