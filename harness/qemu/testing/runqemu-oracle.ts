import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { formatQemubootConf } from '../../images/index.js'
import type { OracleCase } from './runqemu-oracle-cases.js'

/** What a real runqemu did with a case: the arguments that it called QEMU with, or its refusal. */
export type OracleAnswer = { arguments: string[] } | { refused: string }

/** Writes the case's files into `folder`, and returns its conf. */
export function layOut({ conf, files }: OracleCase, folder: string, tools: string): string {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, link] of Object.entries(files)) {
    if (link === null) writeFileSync(join(folder, name), name)
    else symlinkSync(link, join(folder, name))
  }
  const native = { staging_bindir_native: tools, staging_dir_native: tools }
  const values = Object.entries({ ...conf, ...native }).map(([key, value]) => [
    key,
    value.replace(/\bDEPLOY\b/, folder),
  ])
  const file = join(folder, 'case.qemuboot.conf')
  writeFileSync(file, formatQemubootConf(Object.fromEntries(values) as Record<string, string>))
  return file
}

/** A folder with programs called as QEMU is, which write their arguments into the file `arguments` beside them. */
export function layOutTools(tools: string): void {
  mkdirSync(tools, { recursive: true })
  for (const name of ['qemu-system-x86_64', 'qemu-system-i386', 'qemu-system-aarch64']) {
    writeFileSync(
      join(tools, name),
      '#!/bin/sh\ncase $1 in --help|-help) exit 0; esac\nprintf "%s\\n" "$@" >"${0%/*}/arguments"\n',
    )
    chmodSync(join(tools, name), 0o755)
  }
  // The releases around thud ask ldd whether QEMU was linked with OpenGL's Mesa; a script is not linked.
  writeFileSync(join(tools, 'ldd'), '#!/bin/sh\n')
  chmodSync(join(tools, 'ldd'), 0o755)
}

/** Asks the script itself; `DEPLOY` and `TOOLS` stand for the folders in what it answers. */
export async function askRunqemu(
  script: string,
  conf: string,
  folder: string,
  tools: string,
): Promise<OracleAnswer> {
  const output = join(tools, 'arguments')
  rmSync(output, { force: true })
  const { all } = await execa(script, [conf, 'nographic', 'slirp'], {
    reject: false,
    all: true,
    stdin: 'ignore',
    extendEnv: false,
    env: { PATH: `${tools}:${process.env['PATH'] ?? ''}`, HOME: tools, TERM: 'dumb' },
  })
  const plain = (text: string): string => text.replaceAll(folder, 'DEPLOY').replaceAll(tools, 'TOOLS')
  if (existsSync(output)) return { arguments: plain(readFileSync(output, 'utf8')).trimEnd().split('\n') }
  const words = plain(all)
    .split('\n')
    .filter((line) => /ERROR|Error|Exception/.test(line))
  return { refused: words.at(-1) ?? plain(all).slice(-200) }
}

/** What matters of a call of QEMU. */
export interface Meaning {
  kernel: string | undefined
  initrd: string | undefined
  disk: { file: string; format: string; bus: string } | undefined
  root: string | undefined
  machine: string
  /** MiB. */
  memory: number
  cpus: number
  /** Whether the kernel speaks on the first serial port. */
  speaks: boolean
}

/** Reads a call of QEMU (QEMU docs, "Invocation"). */
export function meaningOf(words: readonly string[]): Meaning {
  const after = (...names: string[]): string | undefined => {
    const index = words.findLastIndex((word) => names.includes(word))
    return index < 0 ? undefined : words[index + 1]
  }
  const kernel = after('-kernel', '--kernel')
  const append = kernel === undefined ? '' : (after('-append') ?? '')
  const initrd = kernel === undefined ? undefined : after('-initrd', '--initrd')
  const drive = words.find((word, index) => words[index - 1] === '-drive' && word.includes('file='))
  const [, size = '128', unit = 'M'] = /^(?:size=)?(\d+)([MG]?)/i.exec(after('-m') ?? '') ?? []
  return {
    kernel,
    initrd,
    disk: drive === undefined ? undefined : diskOf(drive, words),
    root: rootOf(append),
    machine: (after('-machine', '-M') ?? 'pc').split(',')[0] ?? '',
    memory: Number(size) * (/g/i.test(unit) ? 1024 : 1),
    cpus: Number(/(?:cpus=)?(\d+)/.exec(after('-smp') ?? '1')?.[1]),
    speaks: kernel === undefined || /\bconsole=ttyS0\b/.test(append),
  }
}

function diskOf(drive: string, words: readonly string[]): NonNullable<Meaning['disk']> {
  const [, file = ''] = /file=([^,]+)/.exec(drive) ?? []
  const [, said = 'raw'] = /format=([^,]+)/.exec(drive) ?? []
  const [, bus = 'ide'] = /\bif=(\w+)/.exec(drive) ?? []
  const device = words.find((word) => /^(?:virtio-blk|scsi-hd|ide-hd|sd-card)/.test(word)) ?? 'nothing'
  // QEMU has another name for Microsoft's older format, and calls runqemu's unknown.
  return { file, format: said === 'vhd' ? 'vpc' : said, bus: bus === 'none' ? busOf(device) : bus }
}

/** `virtio-blk-device` is no PCI device, and finds no bus on a PC. */
function busOf(device: string): string {
  if (device.startsWith('virtio-blk-device')) return 'none'
  return device.startsWith('virtio-blk') ? 'virtio' : (device.split('-')[0] ?? '')
}

/** Where the root is, and whether it is mounted for writing: the last word wins in the kernel. */
function rootOf(append: string): string | undefined {
  const root = /\broot=(\S+)/.exec(append)?.[1]
  const mode = [...append.matchAll(/(?:^|\s)(ro|rw)(?=\s|$)/g)].at(-1)?.[1] ?? 'ro'
  return root === undefined ? undefined : `${root} ${mode}`
}
