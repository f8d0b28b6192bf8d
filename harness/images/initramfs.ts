import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { cpioArchive, cpioDevice, cpioFile, cpioFolder, cpioLink, cpioTree } from './cpio.js'
import { loadOrder, type SmallSystem } from './kernel.js'
import { buildFailed, type BuildLog } from './program.js'

/**
 * An initramfs of busybox with all its applets, the modules of a recipe, and the recipe's files over it.
 * `/modules/order` lists the modules' files in the order in which init inserts them.
 */
export async function packInitramfs(
  log: BuildLog,
  system: SmallSystem,
  modules: string[],
  filesFolder: string,
): Promise<Buffer> {
  const absent: string[] = []
  const order = loadOrder(modules, system.moduleFile, (name) => absent.push(name))
  if (absent.length > 0) throw buildFailed(log, `this kernel has no module ${absent.join(', ')}`)
  const { stdout: applets } = await execa(system.busybox, ['--list-full'])
  const folders = [
    'bin',
    'sbin',
    'usr',
    'usr/bin',
    'usr/sbin',
    'dev',
    'proc',
    'sys',
    'run',
    'tmp',
    'root',
    'etc',
  ]
  return cpioArchive([
    ...folders.map(cpioFolder),
    cpioFolder('modules'),
    // Before init runs, the kernel opens its console; an initramfs has no devtmpfs at that time.
    cpioDevice('dev/console', 5, 1),
    cpioDevice('dev/null', 1, 3),
    cpioFile('bin/busybox', 0o755, readFileSync(system.busybox)),
    ...applets
      .split('\n')
      .filter((applet) => applet.includes('/') && applet !== 'bin/busybox')
      .map((applet) => cpioLink(applet, '/bin/busybox')),
    ...order.map((file) => cpioFile(`modules/${basename(file)}`, 0o644, readFileSync(file))),
    cpioFile('modules/order', 0o644, Buffer.from(order.map((file) => `${basename(file)}\n`).join(''))),
    ...cpioTree(join(filesFolder)),
  ])
}
