import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../make-folder.js'
import { formatQemubootConf } from '../images/qemuboot-conf.js'
import { projectFolder } from '../paths.js'

/**
 * Work that a process may be killed in the middle of, as the lines of a script of harness/testing. What comes before
 * `report({})` is not killed; what a job makes, it makes under the name of its seed.
 */
export const jobs = {
  boot: () => `
    const host = await pocketHost()
    report({})
    await (await bootCluster(pair, host)).close()`,
  save: (seed: number) => `
    const golden = await pairGolden()
    await ensureStage(golden, { name: 'kill', version: '${seed}', reach: async () => report({}) }, {})`,
  fork: () => `
    const golden = await pairGolden()
    report({})
    globalThis.fork = await forkCluster(golden)
    await fork.node('one').run\`sleep 1\``,
  scenario: () => `
    const { InnerRun } = await import(harness + '/report/testing/inner-run.js')
    const run = await InnerRun.of({ 'shop.test.ts': [
      "import { scenario } from '${projectFolder}/harness/index.js'",
      "import { pocket } from '${projectFolder}/fixtures/topologies/pocket.js'",
      "scenario(pocket)('a node does it', { timeout: 300_000 }, ({ cluster }) => cluster.nodes[0].run\`sleep 1\`)",
    ] })
    report({})
    await run.start()`,
  close: () => `
    globalThis.fork = await forkCluster(await pairGolden())
    report({})
    await fork.close()`,
  prune: (seed: number) => `
    const golden = await pairGolden()
    const { folder } = await ensureStage(golden, { name: 'kill', version: '${seed}', reach: async () => undefined }, {})
    report({})
    await removeSnapshot(folder)`,
  import: (_: number, folder: string) => `
    report({})
    await importImages('${deployFolder(folder)}', { contract: 'meta-openstack-thud', file: '${lockOf(folder)}' })`,
} satisfies Record<string, (seed: number, folder: string) => string>

export type Job = keyof typeof jobs

export const lockOf = (folder: string): string => join(folder, 'images.lock')

/** A build's folder with two images, large enough to be read for a while. */
function deployFolder(folder: string): string {
  const deploy = join(folder, 'deploy')
  makeFolder(deploy)
  for (const role of ['controller', 'compute']) {
    const name = `openstack-image-${role}-qemux86-64`
    const values = {
      ...{ machine: 'qemux86-64', image_name: name, image_link_name: name, qb_default_kernel: 'bzImage' },
      ...{ qb_system_name: 'qemu-system-x86_64', qb_default_fstype: 'ext4', qb_mem: '-m 1024' },
    }
    writeFileSync(join(deploy, `${name}.qemuboot.conf`), formatQemubootConf(values))
    writeFileSync(join(deploy, `${name}.ext4`), Buffer.alloc(16 * 1024 * 1024, role))
  }
  writeFileSync(join(deploy, 'bzImage'), 'kernel')
  return deploy
}
