import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { BuildTask } from './build-task.js'
import { imagesFolder } from './cache.js'
import { packageSources, updateIndexes } from './debian-packages.js'
import { requireVersions } from './exact-archive.js'
import { writeArchive } from './kept-archive.js'
import { findLayer, pruneLayers } from './layers.js'
import { harnessFile } from '../paths.js'
import { quoteWord } from '../shell-word.js'
import { dpkgOptions, installOptions, unpackOptions } from './mmdebstrap-options.js'
import { runLogged } from './program.js'
import { imageFileName, qemubootValues } from './qemuboot-values.js'
import type { DebianRecipe } from './recipe.js'

/** Runs inside mmdebstrap's namespaces when everything is installed. */
const finishScript = harnessFile('images/finish-debian.sh')

/** Where finish-debian.sh and its input lie in the tree; hidden from the image's own scripts by a tmpfs on /tmp. */
const insideFolder = '/tmp/stackrig-build'

/**
 * Programs that every other package's installation runs again, each time for seconds: they do nothing while packages are
 * installed, and finish-debian.sh does their work once.
 */
const alwaysPostponed = ['/usr/bin/py3compile', '/usr/sbin/update-initramfs']

const artefacts = ['rootfs.qcow2', 'bzImage', 'initrd', 'manifest']

/** Where an image exists as a tree while it is built. */
export function treeFolder(): string {
  if (process.getuid?.() === 0) return imagesFolder()
  // An ordinary user's namespace cannot reach below a closed home folder.
  return existsSync('/var/tmp') ? '/var/tmp' : tmpdir()
}

/** Steps in mmdebstrap's output, as people know them. */
const steps: [RegExp, string][] = [
  [/running apt-get update/, 'reading package lists'],
  [/downloading packages with apt/, 'downloading essential packages'],
  [/installing (essential|remaining) packages/, 'installing packages'],
  [/^stackrig: (.*)/, '$1'],
]

/**
 * Builds an image of a Debian system: mmdebstrap from this machine's own sources, the files and the script of the bases
 * and of the recipe, an ext4 file system without partitions, qcow2. Returns its packages.
 * As root it works directly; as an ordinary user in a user namespace, which needs an entry in /etc/subuid.
 */
export async function buildDebian(task: BuildTask<DebianRecipe>): Promise<string[]> {
  const { recipe, bases, output, scratch, log, exact } = task
  const isRoot = process.getuid?.() === 0
  const sources = [...bases, task]

  task.step('reading package lists')
  const packages = [...new Set(sources.flatMap(({ recipe: { packages } }) => packages))].filter(
    (name) => !recipe.without.includes(name),
  )
  const paths = [
    ...sources.flatMap(({ recipe: { exclude } }) => exclude.map((path) => `path-exclude=${path}`)),
    ...sources.flatMap(({ recipe: { include } }) => include.map((path) => `path-include=${path}`)),
  ]
  const postponed = [...alwaysPostponed, ...sources.flatMap(({ recipe: { postpone } }) => postpone)]
  const archive = exact ? '' : await updateIndexes(log, recipe.suite)
  await using old = exact ? await oldVersions(task, exact) : undefined
  // The namespace of an ordinary user cannot write to the cache, so there every build installs its packages anew. So does one of
  // exactly given packages, which hardly anybody builds twice.
  const layer =
    isRoot && !exact
      ? findLayer(recipe.name, [archive, recipe.suite, ...packages, ...dpkgOptions, ...paths, ...postponed])
      : undefined
  const unpacks = layer !== undefined && !task.fresh && existsSync(layer)

  const input = join(scratch, basename(insideFolder))
  await mkdir(input)
  await cp(finishScript, join(input, 'finish'))
  for (const { folder, recipe: part } of sources) {
    const files = join(folder, 'files')
    if (existsSync(files)) {
      const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX']
      await runLogged(log, 'tar', [...owner, '-cf', join(input, `files-${part.name}.tar`), '-C', files, '.'])
    }
    const customize = join(folder, 'customize')
    if (existsSync(customize)) await cp(customize, join(input, `customize-${part.name}`))
  }
  await writeFile(
    join(input, 'settings'),
    [
      `name=${recipe.name}`,
      `disk=${recipe.disk}`,
      `parts=${quoteWord(sources.map(({ recipe: { name } }) => name).join(' '))}`,
      `postponed=${quoteWord(postponed.join(' '))}`,
      // Root writes the artefacts where they belong; a user namespace may not even see that folder.
      `layer=${unpacks ? 'unpack' : layer ? 'save' : 'none'}`,
      `layer_file=${quoteWord(layer ?? '')}`,
      `output=${isRoot ? quoteWord(output) : '"$1"' + `${insideFolder}/output`}`,
    ].join('\n') + '\n',
  )

  const args = [
    isRoot ? '--mode=root' : '--mode=unshare',
    '--format=null',
    '--architectures=amd64',
    ...(unpacks
      ? unpackOptions(layer)
      : await installOptions({ isRoot, scratch, packages, paths, postponed, exact })),
    ...dpkgOptions.map((option) => `--dpkgopt=${option}`),
    `--customize-hook=copy-in ${quoteWord(input)} ${dirname(insideFolder)}`,
    `--customize-hook=sh "$1${insideFolder}/finish" "$1"`,
    ...(isRoot
      ? []
      : artefacts.map(
          (file) =>
            `--customize-hook=download ${insideFolder}/output/${file} ${quoteWord(join(output, file))}`,
        )),
    recipe.suite,
    '/dev/null',
    '-',
  ]
  const build = runLogged(log, 'mmdebstrap', args, {
    ownProcesses: isRoot,
    input: (old?.sources ?? packageSources(recipe.suite, 'newest')).join('\n') + '\n',
    env: {
      TMPDIR: isRoot ? scratch : treeFolder(),
      DEBIAN_FRONTEND: 'noninteractive',
      LC_ALL: 'C.UTF-8',
    },
    onLine: (line) => {
      for (const [pattern, text] of steps) {
        const match = pattern.exec(line)
        if (match) task.step(text.replace('$1', match[1] ?? ''))
      }
    },
  })
  // Half an archive that was left behind would only take disk.
  await build.finally(() => (layer ? rm(`${layer}.part`, { force: true }) : undefined))

  const disk = `${imageFileName(recipe)}.qcow2`
  await rename(join(output, 'rootfs.qcow2'), join(output, disk))
  await symlink(disk, join(output, `${imageFileName(recipe)}.ext4`))
  const installed = (await readFile(join(output, 'manifest'), 'utf8')).trim().split('\n').sort()
  await rename(join(output, 'manifest'), join(output, `${recipe.name}.manifest`))
  await task.writeConf({
    ...qemubootValues(recipe),
    // What a virtual disk holds: for one that is called by its format, runqemu leaves out the kernel.
    qb_default_fstype: 'ext4',
    qb_rootfs_opt: '-drive file=@ROOTFS@,if=virtio,format=qcow2',
    qb_kernel_root: '/dev/vda',
    qb_opt_append: '-initrd @DEPLOY_DIR_IMAGE@/initrd',
  })
  if (layer) await pruneLayers(recipe.name, layer)
  return installed
}

const keptName = (image: string): string => `stackrig-kept-${image}-`

/** Removes such archives of processes that were killed. Others' folders lie there, too. */
export async function removeAbandoned(above: string, image: string): Promise<void> {
  for (const entry of await readdir(above)) {
    const [, pid] = entry.startsWith(keptName(image))
      ? (/^(\d+)-\w+$/.exec(entry.slice(keptName(image).length)) ?? [])
      : []
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue
    await rm(join(above, entry), { recursive: true, force: true }).catch(() => undefined)
  }
}

/**
 * Where apt finds exactly these packages: what only an earlier build downloaded is made an archive of its own.
 * @throws StackrigError PACKAGE_MISSING
 */
async function oldVersions(
  { recipe, scratch, log }: BuildTask<DebianRecipe>,
  exact: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { sources: string[] }> {
  const { kept } = await requireVersions(log, recipe, exact)
  const sources = packageSources(recipe.suite, 'all')
  if (kept.length === 0) return { sources, [Symbol.asyncDispose]: () => Promise.resolve() }
  // An ordinary user's namespace sees neither the cache nor what is below it.
  const above = process.getuid?.() === 0 ? scratch : treeFolder()
  await removeAbandoned(above, recipe.name)
  const folder = await mkdtemp(join(above, `${keptName(recipe.name)}${process.pid}-`))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    return { sources: [...sources, await writeArchive(log, folder, kept)], [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}
