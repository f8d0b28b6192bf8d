import { randomBytes } from 'node:crypto'
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, StackrigError } from '../errors/index.js'
import { publish, writeManifest } from '../manifest.js'
import { makeFolder } from '../make-folder.js'
import { removeFolder } from '../remove-folder.js'
import { buildDebian, treeFolder } from './build-debian.js'
import { buildDisk } from './build-disk.js'
import { buildInitramfs } from './build-initramfs.js'
import { lockImage } from './build-lock.js'
import { reportProgress, rememberTiming, type BuildProgress } from './build-progress.js'
import type { BuildTask } from './build-task.js'
import { imagesFolder, logsFolder } from './cache.js'
import { exactPackages } from './exact-packages.js'
import { imageDigest } from './image-digest.js'
import { recordFile, type Image, type ImageRecord } from './image.js'
import { describeMove, movedPackages, packageRecord } from './packages.js'
import { biggerCache, buildFailed, type BuildLog } from './program.js'
import { requireUnused } from './unused.js'
import { pruneImages, removeUnfinished } from './prune.js'
import { formatQemubootConf } from './qemuboot-conf.js'
import { readBases, readRecipe, type Recipe, type RecipeInFolder } from './recipe.js'
import { builtFolder, builtImage, settleBuilt } from './store.js'
import { explained } from './system-refusal.js'

export interface BuildOptions {
  /** Gives up and leaves nothing behind. */
  signal?: AbortSignal
  /** Called at every step and once a second. */
  onProgress?: (progress: BuildProgress) => void
  /** Build even what is there already, from nothing but downloaded packages. */
  force?: boolean
  /** How many images are built at a time; default 2. */
  parallel?: number
}

/**
 * Builds the images of these names from `fixtures/images/`, unless the cache holds them already; returns them in that
 * order. Two processes that ask for the same image build it once.
 * Throws IMAGE_MISSING (no such recipe), LOCK_INVALID (recipe), HOST_DISK, HOST_PROGRAM_MISSING, IMAGE_BUILD_FAILED,
 * ABORTED. When one build fails the others are given up.
 */
export async function buildImages(names: string[], options: BuildOptions = {}): Promise<Image[]> {
  const recipes = [...new Set(names)].map((name) => readRecipe(name))
  for (const { recipe } of recipes) {
    if (recipe.role === 'node') {
      throw new StackrigError('USAGE', `"${recipe.name}" is a base of other images, not an image.`)
    }
  }
  const failed = new AbortController()
  const signal = AbortSignal.any([failed.signal, options.signal].filter((given) => given !== undefined))
  const queue = [...recipes]
  const images = new Map<string, Image>()
  let cause: Error | undefined
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next && !signal.aborted; next = queue.shift()) {
      try {
        images.set(next.recipe.name, await explained(next.recipe.name, () => buildOne(next, signal, options)))
      } catch (error) {
        // The first failure is the cause; the builds it ends have nothing to say of their own.
        cause ??= error instanceof Error ? error : new Error(String(error))
        failed.abort()
      }
    }
  }
  await Promise.all(Array.from({ length: options.parallel ?? 2 }, work))
  if (cause) throw cause
  if (signal.aborted) throw new StackrigError('ABORTED', 'The build of images was given up.')
  return names.flatMap((name) => images.get(name) ?? [])
}

async function buildOne(
  source: RecipeInFolder,
  signal: AbortSignal,
  { onProgress, force = false }: BuildOptions,
): Promise<Image> {
  const { recipe } = source
  const exact = exactPackages(recipe.name)
  const digest = imageDigest(source, exact)
  const present = await builtImage(recipe, digest, signal)
  if (present && !force) return present

  using progress = reportProgress(recipe.name, onProgress)
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- held until this function returns
  await using _lock = await lockImage(recipe.name, signal, () =>
    progress.step('waiting for another process that builds it'),
  )
  const builtMeanwhile = await settleBuilt(recipe, digest)
  if (builtMeanwhile && !force) return builtMeanwhile

  const final = builtFolder(recipe.name, digest)
  requireUnused(recipe.name, final)
  await removeUnfinished(recipe.name)
  await checkDisk(recipe)
  const started = performance.now()
  const building = join(imagesFolder(), `.building-${recipe.name}-${process.pid}`)
  const output = join(building, 'image')
  const scratch = join(building, 'scratch')
  const log: BuildLog = { image: recipe.name, file: join(logsFolder(), `${recipe.name}.log`), signal }
  try {
    makeFolder(output)
    await mkdir(scratch)
    await writeFile(log.file, '')
    const packages = await runBuilder({
      ...source,
      bases: readBases(source),
      output,
      scratch,
      log,
      exact,
      fresh: force,
      step: (what) => progress.step(what),
      writeConf: (values) =>
        writeFile(join(output, `${recipe.name}.qemuboot.conf`), formatQemubootConf(values)),
    })
    if (exact) requireExact(log, exact, packages)
    await writeFile(join(output, `${recipe.name}.manifest`), packages.map((line) => `${line}\n`).join(''))
    const took = Math.round(performance.now() - started)
    await writeFile(
      join(output, recordFile),
      JSON.stringify({
        name: recipe.name,
        role: recipe.role,
        contract: recipe.contract,
        digest,
        build: randomBytes(16).toString('hex'),
        packages,
        took,
      } satisfies ImageRecord),
    )
    await writeManifest(output)
    requireUnused(recipe.name, final)
    await rm(final, { recursive: true, force: true })
    await publish(output, final)
    rememberTiming(recipe.name, took)
  } catch (error) {
    if (error instanceof StackrigError) throw error
    if (signal.aborted) throw new StackrigError('ABORTED', `The build of image ${recipe.name} was given up.`)
    throw buildFailed(log, messageOf(error), error)
  } finally {
    await removeFolder(building)
  }
  // One of old packages is built to be looked at: what is used every day stays.
  if (!exact) await pruneImages(recipe.name, digest)
  const image = await settleBuilt(recipe, digest)
  if (!image) throw buildFailed(log, `it is not whole: ${final}.bad/reason.txt says why`)
  return image
}

/** @throws StackrigError IMAGE_BUILD_FAILED when an image got other packages than were wanted. */
function requireExact(
  log: BuildLog,
  wanted: Readonly<Record<string, string>>,
  packages: readonly string[],
): void {
  const moved = movedPackages(wanted, packageRecord(packages))
  if (moved.length === 0) return
  throw buildFailed(
    log,
    `it would have other packages than are wanted: ${moved.map(describeMove).join(', ')}`,
  )
}

function runBuilder(task: BuildTask): Promise<string[]> {
  const { recipe } = task
  switch (recipe.builder) {
    case 'debian':
      return buildDebian({ ...task, recipe })
    case 'initramfs':
      return buildInitramfs({ ...task, recipe })
    case 'disk':
      return buildDisk({ ...task, recipe })
  }
}

async function checkDisk(recipe: Recipe): Promise<void> {
  // While it is built an image exists as a tree, as a file system and as a qcow2; together about its virtual size.
  const neededMiB = recipe.builder === 'debian' ? recipe.disk : 512
  for (const folder of new Set([imagesFolder(), ...(recipe.builder === 'debian' ? [treeFolder()] : [])])) {
    const { bavail, bsize } = await statfs(folder)
    const freeMiB = Math.floor((bavail * bsize) / 1024 ** 2)
    if (freeMiB >= neededMiB) continue
    throw new StackrigError(
      'HOST_DISK',
      `Building image ${recipe.name} needs ${neededMiB} MiB of free disk.`,
      {
        where: folder,
        seen: `${freeMiB} MiB free`,
        next:
          folder === imagesFolder()
            ? biggerCache
            : 'free some there: an ordinary user builds the tree of an image in that folder',
      },
    )
  }
}
