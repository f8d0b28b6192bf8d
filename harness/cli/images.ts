import { Command } from 'commander'
import { humanDuration } from '../duration.js'
import { messageOf } from '../errors.js'
import {
  buildImages,
  describeMove,
  lockImages,
  readRecipe,
  recipeNames,
  verifyImage,
} from '../images/index.js'
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
    .argument('[names...]', 'default: all')
    .action(async (names: string[]) => {
      const { images: locked } = await lockImages(names.length > 0 ? names : imageNames())
      process.stdout.write(`images.lock has ${Object.keys(locked).join(', ')}\n`)
    })
  return images
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
    if (frozen) throw error
    return { name, state: messageOf(error).split('\n')[0] ?? '' }
  }
}
