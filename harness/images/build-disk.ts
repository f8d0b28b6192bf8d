import { copyFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { BuildTask } from './build-task.js'
import { packInitramfs } from './initramfs.js'
import { unpackSmallSystem } from './kernel.js'
import { runLogged } from './program.js'
import { imageFileName, qemubootValues } from './qemuboot-values.js'
import type { DiskRecipe } from './recipe.js'

/**
 * Builds a disk that a BIOS boots by itself: a FAT file system with syslinux, a kernel and an initramfs that is the
 * whole system. Made with mtools, so it needs neither root nor loop devices. Returns its packages.
 * The kernel and the initramfs lie beside the disk as well, so that it can also be booted like the other images.
 */
export async function buildDisk(task: BuildTask<DiskRecipe>): Promise<string[]> {
  const { recipe, folder, output, scratch, log } = task
  task.step('unpacking the kernel')
  const system = await unpackSmallSystem(log, recipe.suite, recipe.kernel, task.exact)
  task.step('packing the initramfs')
  const kernel = join(output, 'bzImage')
  const initrd = join(output, 'initrd')
  await copyFile(system.kernel, kernel)
  // Compressed, unlike pocket's: here the BIOS reads it from the disk, which is slower than inflating it.
  await writeFile(
    initrd,
    gzipSync(await packInitramfs(log, system, recipe.modules, join(folder, 'files')), { level: 9 }),
  )
  const values = qemubootValues(recipe)

  task.step('making the disk')
  const disk = join(scratch, 'disk.img')
  const config = join(scratch, 'syslinux.cfg')
  await writeFile(config, syslinuxConfig(values['qb_kernel_cmdline_append'] ?? ''))
  await writeFile(disk, '')
  await truncate(disk, recipe.disk * 1024 ** 2)
  // 0x80 is the BIOS's number of the first hard disk. 64 sectors a cluster make long runs to read.
  await runLogged(log, 'mkfs.vfat', ['-D', '0x80', '-s', '64', '-n', 'INSTANCE', disk])
  await runLogged(log, 'mcopy', ['-i', disk, kernel, '::bzImage'])
  await runLogged(log, 'mcopy', ['-i', disk, initrd, '::initrd'])
  await runLogged(log, 'mcopy', ['-i', disk, config, '::syslinux.cfg'])
  await runLogged(log, 'syslinux', ['--install', disk])
  const rootfs = join(output, `${imageFileName(recipe)}.qcow2`)
  await runLogged(log, 'qemu-img', ['convert', '-O', 'qcow2', disk, rootfs])
  await rm(disk)

  await task.writeConf({
    ...values,
    qb_default_fstype: 'qcow2',
    qb_rootfs_opt: '-drive file=@ROOTFS@,if=virtio,format=qcow2',
    qb_kernel_root: '/dev/ram0',
    qb_opt_append: '-initrd @DEPLOY_DIR_IMAGE@/initrd',
  })
  return system.packages
}

const syslinuxConfig = (cmdline: string): string =>
  [
    'DEFAULT linux',
    'PROMPT 0',
    'LABEL linux',
    'KERNEL bzImage',
    'INITRD initrd',
    `APPEND ${cmdline}`,
    '',
  ].join('\n')
