import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as z from 'zod'
import { StackrigError } from '../errors/index.js'
import { harnessFile } from '../paths.js'
import type { Namespaces } from './namespaces.js'
import { startOutside } from './program.js'
import type { View } from './view.js'

const program = harnessFile('sandbox/publish.mjs')

/** How long it may take until all ports are there, ms. */
const publishingTime = 60_000

const portSchema = z.strictObject({
  /** The port of this machine that was asked for. */
  wanted: z.int(),
  /** Name or address of a node, and its port. */
  host: z.string(),
  port: z.int(),
  /** The port of this machine that it is: another one when the wanted one was in use. */
  at: z.int(),
})

/** Makes a command one that sees no more than a view. */
export type Confined = (command: readonly string[], view: View) => string[]

/** A port of a node on 127.0.0.1 of this machine. */
export type PublishedPort = z.infer<typeof portSchema>

const fileOf = (folder: string): string => join(folder, 'published.json')

/**
 * Makes ports of nodes ports of this machine, for as long as the sandbox is there.
 * @throws StackrigError HOST_LIMIT when no port can be had.
 */
export async function publishPorts(
  namespaces: Namespaces,
  folder: string,
  ports: readonly Omit<PublishedPort, 'at'>[],
  confined: Confined,
): Promise<PublishedPort[]> {
  const words = join(folder, 'publish.log')
  const command = [process.execPath, program, folder, JSON.stringify(ports)]
  const { ended } = startOutside(namespaces, confined(command, { reads: [dirname(program)] }), words)
  const over = new AbortController()
  void ended.then(() => over.abort())
  const end = performance.now() + publishingTime
  while (performance.now() < end && !over.signal.aborted) {
    const published = readPublished(folder)
    if (published.length > 0) return published
    await delay(10)
  }
  throw new StackrigError('HOST_LIMIT', 'ports of this machine must be had for those of the nodes', {
    where: words,
    seen: readText(words).slice(-2000) || 'nothing',
  })
}

/** The ports of this machine that lead to the nodes of a sandbox. */
export function readPublished(folder: string): PublishedPort[] {
  return parsePublished(readText(fileOf(folder)))
}

/** None when it is not of this version. */
export function parsePublished(text: string): PublishedPort[] {
  try {
    return z.array(portSchema).parse(JSON.parse(text))
  } catch {
    return []
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
