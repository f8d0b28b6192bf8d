import { Command } from 'commander'
import { humanDuration } from '../duration.js'
import { messageOf, StackrigError } from '../errors/index.js'
import {
  buildImages,
  describeMove,
  importImages,
  importWarnings,
  lockImages,
  readRecipe,
  recipeNames,
  verifyImage,
} from '../images/index.js'
import { findContract } from '../scenario/index.js'
import { interrupted } from './interrupt.js'
import { Progress } from './progress.js'

/** `stackrig images`: what can be booted. */
export function imagesCommand(): Command {
  const images = new Command('images').description('list, build and pin images')
  images
    .command('list', { isDefault: true })
    .description('list the images that recipes make')
    .option('--json', 'print one JSON document')
    .option('--frozen', 'fail when an image differs from images.lock')
    .action(async (options: { json?: boolean; frozen?: boolean }) => {
      const rows = await Promise.all(imageNames().map((name) => describeImage(name, options.frozen ?? false)))
      if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
      else for (const { name, state } of rows) process.stdout.write(`${name.padEnd(12)} ${state}\n`)
    })
  images
    .command('build')
    .description('build images from fixtures/images, unless they are there')
    .argument('[names...]', 'default: all')
    .option('--force', 'build them again')
    .option('--frozen', 'fail when packages differ from images.lock')
    .action(async (names: string[], options: { force?: boolean; frozen?: boolean }) => {
      using progress = new Progress()
      const wanted = names.length > 0 ? names : imageNames()
      const started = Date.now()
      await buildImages(wanted, {
        signal: interrupted,
        force: options.force ?? false,
        onProgress: ({ image, step, expectedMs }) =>
          progress.say(
            `${image}: ${step}${expectedMs ? ` (last time ${humanDuration(expectedMs)} in all)` : ''}`,
          ),
      })
      for (const name of wanted) {
        const { image, moved } = await verifyImage(name, { frozen: options.frozen ?? false })
        process.stdout.write(`${name.padEnd(12)} ${image.folder}\n`)
        for (const move of moved) process.stdout.write(`  moved since images.lock: ${describeMove(move)}\n`)
      }
      process.stdout.write(`${wanted.length} images in ${humanDuration(Date.now() - started)}\n`)
    })
  images
    .command('lock')
    .description('write images.lock from the images as they are now')
    .argument('[names...]', 'built or imported ones; default: all of fixtures/images')
    .action(async (names: string[]) => {
      const { images: locked } = await lockImages(names.length > 0 ? names : imageNames())
      process.stdout.write(`images.lock has ${Object.keys(locked).join(', ')}\n`)
    })
  images
    .command('import')
    .description('take the images of a Yocto deploy folder into images.lock; the folder is only read')
    .argument('<folder>', 'tmp/deploy/images/MACHINE')
    .argument('[names...]', 'default: all whose names say their role')
    .requiredOption('--contract <name>', 'what they promise: name of a file in fixtures/contracts')
    .option('--role <image=role...>', 'for images whose names do not say it')
    .option('--name <image=name...>', 'another name in images.lock')
    .option('--memory <role=mib...>', 'MiB for the node of a role, instead of what the conf says')
    .option('--release <name>', 'release of OpenEmbedded, where neither the build nor its confs say it')
    .option('--trust', 'it is your own build: its confs may call QEMU with any arguments')
    .action(async (folder: string, names: string[], options: ImportArguments) => {
      const contract = await findContract(options.contract)
      const {
        images: imported,
        leftOut,
        broken,
      } = await importImages(folder, {
        contract: contract.name,
        roles: pairs('--role', 'IMAGE=ROLE', options.role),
        renames: pairs('--name', 'IMAGE=NAME', options.name),
        memory: memoryOf(options.memory),
        ...(options.release !== undefined && { release: options.release }),
        trust: options.trust ?? false,
        signal: interrupted,
        knownRoles: Object.keys(contract.roles),
        ...(names.length > 0 && { names }),
      })
      for (const { name, role, address, release } of imported) {
        const notes = [role, address && `for ${address}`, release].filter(Boolean)
        process.stdout.write(`${name.padEnd(32)} ${notes.join(', ')}\n`)
      }
      for (const name of leftOut) process.stdout.write(`${name.padEnd(32)} left out: its name says no role\n`)
      for (const { conf, error } of broken)
        process.stdout.write(`${conf.padEnd(32)} left out: ${error.message.split('\n')[0] ?? ''}\n`)
      for (const warning of importWarnings(imported, contract)) process.stderr.write(`warning: ${warning}\n`)
      process.stdout.write('next: npx stackrig topology new NAME, then npx stackrig up NAME --cold\n')
    })
  return images
}

interface ImportArguments {
  contract: string
  role?: string[]
  name?: string[]
  memory?: string[]
  release?: string
  trust?: boolean
}

function pairs(option: string, form: string, given: string[] = []): Record<string, string> {
  return Object.fromEntries(
    given.map((pair) => {
      const [, left, right] = /^([^=]+)=([^=]+)$/.exec(pair) ?? []
      if (left === undefined || right === undefined)
        throw new StackrigError('USAGE', `${option} wants ${form}`, { seen: pair })
      return [left, right]
    }),
  )
}

function memoryOf(given?: string[]): Record<string, number> {
  const entries = Object.entries(pairs('--memory', 'ROLE=MIB', given)).map(([role, text]) => {
    const amount = Number(text)
    if (!Number.isInteger(amount) || amount <= 0)
      throw new StackrigError('USAGE', '--memory wants a whole number of MiB', { seen: `${role}=${text}` })
    return [role, amount] as const
  })
  return Object.fromEntries(entries)
}

/** Recipes that make an image; `node` is only a base of others. */
function imageNames(): string[] {
  return recipeNames().filter((name) => readRecipe(name).recipe.role !== 'node')
}

async function describeImage(
  name: string,
  frozen: boolean,
): Promise<{ name: string; state: string; folder?: string }> {
  try {
    const { image, moved, recipeChanged } = await verifyImage(name, { frozen })
    const notes = [
      ...(recipeChanged ? ['recipe differs from images.lock'] : []),
      ...(moved.length > 0 ? [`${moved.length} packages differ from images.lock`] : []),
    ]
    return { name, state: ['built', ...notes].join(', '), folder: image.folder }
  } catch (error) {
    // The state of an image is what is wrong with the image; all else would be said of each of them.
    if (frozen || !(error instanceof StackrigError && error.class === 'image')) throw error
    return { name, state: messageOf(error).split('\n')[0] ?? '' }
  }
}
