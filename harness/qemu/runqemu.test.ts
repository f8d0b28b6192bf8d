import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { imageInFolder, type Image } from '../images/index.js'
import { forgetSettings } from '../settings.js'
import type { MachineSpec } from './command.js'
import { runqemuCommand } from './runqemu.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig-runqemu-'))
  // Called with nothing: only the call is looked at.
  vi.stubEnv('RUNQEMU', '/bin/true')
  forgetSettings()
})
afterEach(() => {
  vi.unstubAllEnvs()
  forgetSettings()
  rmSync(folder, { recursive: true })
})

function image(conf: Record<string, string>, release = 'kirkstone'): Image {
  const values = { image_link_name: 'x', qb_default_kernel: 'bzImage', qb_drive_type: '/dev/vd', ...conf }
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${value}\n`)
  writeFileSync(join(folder, 'x.qemuboot.conf'), `[config_bsp]\n${lines.join('')}`)
  for (const file of ['bzImage', `x.${conf['qb_default_fstype'] ?? ''}`])
    writeFileSync(join(folder, file), '')
  const identity = { name: 'x', role: 'controller', contract: 'c', digest: '', build: '', release }
  return imageInFolder(folder, identity)
}

const spec = (image: Image, more: Partial<MachineSpec> = {}): MachineSpec => ({
  ...{ name: 'one', image, memoryMiB: 128, cpus: 1, mac: '52:54:00:00:00:02', tap: 'tap0', kernelWords: [] },
  ...{ memory: { file: '/memory', shared: true }, ports: [], consoleLog: '/log', accelerator: 'tcg' },
  ...{ launcher: 'runqemu', incoming: false, disk: '/one.disk.qcow2', ...more },
})

/** The conf that runqemu gets for a node. */
async function nodeConf(conf: Record<string, string>, release?: string): Promise<string> {
  await runqemuCommand(spec(image(conf, release)), folder)
  return readFileSync(join(folder, 'one.qemuboot.conf'), 'utf8')
}

test('paths with blanks are refused before the start, with the reason', async () => {
  const ext4 = image({ qb_default_fstype: 'ext4' })
  for (const more of [{ disk: '/my disks/one.qcow2' }, { consoleLog: "/it's/log" }]) {
    await expect(runqemuCommand(spec(ext4, more), folder)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(
        /no path may have blanks or quotes: it splits its command line there[\s\S]*(?:my disks|it's)[\s\S]*STACKRIG_LAUNCHER=direct/,
      ) as string,
    })
  }
})

describe('the disk of a node hangs where its image’s did', () => {
  test.each([
    ['a file system', { qb_default_fstype: 'ext4' }, 'ext4', 'if=virtio'],
    [
      'one on IDE',
      { qb_default_fstype: 'ext4', qb_rootfs_opt: '-drive file=@ROOTFS@,if=ide,format=raw' },
      'ext4',
      'if=ide',
    ],
    ['a whole disk', { qb_default_fstype: 'wic' }, 'wic.qcow2', 'if=virtio'],
    [
      'one on SCSI',
      { qb_default_fstype: 'wic', qb_drive_type: '/dev/sd' },
      'wic.qcow2',
      'scsi-hd,drive=disk0',
    ],
    ['one on IDE ', { qb_default_fstype: 'wic', qb_drive_type: '/dev/hd' }, 'wic.qcow2', 'if=ide'],
  ])('%s', async (_, conf, type, words) => {
    const text = await nodeConf(conf)
    expect(text).toContain(`qb_default_fstype = ${type}\n`)
    expect(/qb_rootfs_opt = (.*)/.exec(text)?.[1]).toContain(words)
    expect(text).toContain('rootfs = /one.disk.qcow2\n')
  })

  test('before rocko a whole disk in a format has another name', async () => {
    expect(await nodeConf({ qb_default_fstype: 'wic' }, 'pyro')).toContain('qb_default_fstype = qcow2\n')
  })
})
