import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { cpSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseRecipe } from './recipe.js'
import { pathHook, postponeHook } from './mmdebstrap-options.js'

/** What the hooks call inside a tree, from this machine. */
const programs = 'sh rm ln mv mkdir chmod cat tar find test env hostname ls dpkg-query'.split(' ')
let files: string[]
beforeAll(async () => {
  const { stdout: paths } = await execa('sh', [
    '-c',
    'for name; do command -p which "$name"; done',
    'sh',
    ...programs,
  ])
  const { stdout: libraries } = await execa('ldd', paths.split('\n'), { reject: false })
  files = [...new Set([...paths.split('\n'), ...(libraries.match(/\/\S+\.so\S*/g) ?? [])])]
})

let folder: string
let tree: string
let outside: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig-hostile-'))
  tree = join(folder, 'tree')
  outside = join(folder, 'outside')
  for (const name of [
    'etc/dpkg/dpkg.cfg.d',
    'mnt',
    'proc',
    'sys',
    'dev',
    'run',
    'tmp',
    'usr/bin',
    'var',
    'boot',
  ])
    mkdirSync(join(tree, name), { recursive: true })
  symlinkSync('usr/bin', join(tree, 'bin'))
  for (const file of files.filter((name) => !name.endsWith(':'))) {
    const copy = join(tree, file.replace(/^\/bin\//, '/usr/bin/'))
    mkdirSync(dirname(copy), { recursive: true })
    copyFileSync(file, copy)
  }
  mkdirSync(outside)
  writeFileSync(join(outside, 'kept'), 'of this machine')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** As root of namespaces, whoever runs the tests. */
const asRoot = (words: string[]) =>
  execa('unshare', ['--map-root-user', '--mount', ...words], { reject: false, all: true, cwd: folder })

const hook = (command: string) => asRoot(['sh', '-c', command, 'sh', tree])

const untouched = (): void => {
  expect(readdirSync(outside)).toEqual(['kept'])
  expect(readFileSync(join(outside, 'kept'), 'utf8')).toBe('of this machine')
}

describe('an exclude', () => {
  test.each([
    ['two patterns in one', (there: string) => `/var/nothing ${there}/*`],
    ['a command', (there: string) => `/var/nothing; rm -rf ${there}/*`],
    ['a substitution', (there: string) => `/var/$(rm ${there}/kept)\`rm ${there}/kept\``],
    ['a quote', (there: string) => `/var/'; rm ${there}/kept; '`],
    ['a way up', (there: string) => `/../../../../../../../..${there}/*`],
    ['a link', () => '/var/link/*'],
  ])('with %s reaches nothing of this machine', async (_what, pattern) => {
    symlinkSync(outside, join(tree, 'var', 'link'))
    const { exitCode, all } = await hook(pathHook([`path-exclude=${pattern(outside)}`]))
    expect(exitCode, all).toBe(0)
    untouched()
  })

  test('removes what it matches in the tree, also with a space in it, and dpkg is told', async () => {
    for (const name of ['a b', 'c']) mkdirSync(join(tree, 'usr', 'share', name, 'deep'), { recursive: true })
    const paths = ['path-exclude=/usr/share/a b/*', 'path-include=/usr/share/c/*']
    const { exitCode, all } = await hook(pathHook(paths))
    expect(exitCode, all).toBe(0)
    expect(readdirSync(join(tree, 'usr', 'share', 'a b'))).toEqual([])
    expect(readdirSync(join(tree, 'usr', 'share', 'c'))).toEqual(['deep'])
    expect(readFileSync(join(tree, 'etc/dpkg/dpkg.cfg.d/90stackrig'), 'utf8')).toBe(`${paths.join('\n')}\n`)
  })

  test('has one line', () => {
    const text = `name: a\nrole: compute\ncontract: c\nbuilder: debian\npackages: []\ndisk: 1\nmemory: 1\ncpus: 1\n`
    expect(() => parseRecipe(`${text}exclude: ["/a\\npre-invoke=reboot"]\n`, 'recipe.yaml')).toThrow(
      /exclude/,
    )
  })
})

test('a program that is postponed lies in the tree', async () => {
  symlinkSync(outside, join(tree, 'var', 'link'))
  writeFileSync(join(tree, 'usr/bin/dpkg-divert'), '#!/bin/sh\n', { mode: 0o755 })
  await hook(postponeHook(['/var/link/program', '/usr/sbin/other']))
  untouched()
  const { exitCode, all } = await hook(postponeHook(['/usr/sbin/other']))
  expect(exitCode, all).toBe(0)
  expect(readFileSync(join(tree, 'usr/sbin/other'), 'utf8')).toBe('#!/bin/sh\n')
})

describe('the files and the script of a recipe', () => {
  let recipe: string
  beforeEach(() => {
    recipe = join(folder, 'recipe')
    mkdirSync(join(recipe, 'files', 'etc'), { recursive: true })
    writeFileSync(join(recipe, 'files', 'etc', 'ours'), 'ours')
    mkdirSync(join(tree, 'var/lib/dpkg'), { recursive: true })
    writeFileSync(
      join(tree, 'var/lib/dpkg/status'),
      'Package: one\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\nMaintainer: m\nDescription: d\n',
    )
    for (const name of ['vmlinuz-1', 'initrd.img-1']) writeFileSync(join(tree, 'boot', name), name)
  })

  /** The last step of a build, on the tree. */
  async function finish(): Promise<{ exitCode?: number | undefined; all: string }> {
    const input = join(tree, 'tmp', 'stackrig-build')
    mkdirSync(input)
    cpSync(join(import.meta.dirname, 'finish-debian.sh'), join(input, 'finish'))
    await execa('tar', [
      '-cf',
      join(input, 'files-r.tar'),
      '--owner=0',
      '--group=0',
      '-C',
      join(recipe, 'files'),
      '.',
    ])
    if (existsSync(join(recipe, 'customize'))) cpSync(join(recipe, 'customize'), join(input, 'customize-r'))
    const output = join(folder, 'output')
    const settings = { name: 'r', disk: 64, parts: 'r', postponed: '', layer: 'none', layer_file: '', output }
    const lines = Object.entries(settings).map(([key, value]) => `${key}='${value}'\n`)
    writeFileSync(join(input, 'settings'), lines.join(''))
    return asRoot(['sh', join(input, 'finish'), tree])
  }

  const customize = (script: string): void =>
    writeFileSync(join(recipe, 'customize'), `#!/bin/sh -eu\n${script}\n`)

  test('make an image', { timeout: 60_000 }, async () => {
    customize(
      '[ "$(cat /etc/ours)" = ours ]; echo more >/etc/more; mkdir -p /var/log/apt; echo >/var/log/apt/x',
    )
    const { exitCode, all } = await finish()
    expect(exitCode, all).toBe(0)
    const output = (name: string) => readFileSync(join(folder, 'output', name), 'utf8')
    expect([output('manifest'), output('bzImage'), output('initrd')]).toEqual([
      'one=1\n',
      'vmlinuz-1',
      'initrd.img-1',
    ])
    expect(readFileSync(join(tree, 'etc/hostname'), 'utf8')).toBe('r\n')
    expect(existsSync(join(tree, 'etc/more'))).toBe(true)
    expect(existsSync(join(tree, 'var/log/apt/x'))).toBe(false)
    expect(existsSync(join(folder, 'output', 'rootfs.qcow2'))).toBe(true)
  })

  test('that lie behind an absolute link do not come out of the tree', async () => {
    symlinkSync(outside, join(tree, 'var', 'run'))
    mkdirSync(join(recipe, 'files/var/run'), { recursive: true })
    writeFileSync(join(recipe, 'files/var/run/kept'), 'hostile')
    writeFileSync(join(recipe, 'files/var/run/x'), 'hostile')
    await finish()
    untouched()
  })

  test.each(['run', 'proc', 'dev'])('do not put a link in the place of /%s', async (name) => {
    symlinkSync(outside, join(recipe, 'files', name))
    customize('true')
    const { exitCode, all } = await finish()
    expect(exitCode).not.toBe(0)
    expect(all).toContain(`must not put a link in the place of /${name}`)
    untouched()
  })

  test('do not lead the clean-up out of the tree', async () => {
    customize(`mkdir -p /var/log; ln -s ${outside} /var/log/apt`)
    const { exitCode, all } = await finish()
    expect(exitCode, all).toBe(0)
    untouched()
  })

  test('do not make a file of this machine the kernel', async () => {
    rmSync(join(tree, 'boot/vmlinuz-1'))
    symlinkSync(join(outside, 'kept'), join(tree, 'boot/vmlinuz-1'))
    await finish()
    expect(readFileSync(join(folder, 'output/bzImage'), 'utf8')).not.toContain('of this machine')
  })
})
