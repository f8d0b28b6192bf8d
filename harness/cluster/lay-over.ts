import { readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { quoteWord } from '../shell-word.js'
import { readHostTree, type HostEntry } from './host-tree.js'
import type { RunningNode } from './node.js'

/** What a node is asked about in one command. */
const askedAtOnce = 500

/**
 * Lays a folder of this machine over one of a node: what differs is copied, what is missing is made, nothing is removed. A file that
 * is there keeps its owner and mode; a new one has the mode that it has here, and the owner of the folder it comes into. It remembers
 * what the node has, and asks it once.
 */
export class LayOver {
  readonly #node: RunningNode
  readonly #from: string
  readonly #to: string
  /** By path on the node: the digest of a file, or where a link leads; nothing of what is not there. */
  readonly #known = new Map<string, string | undefined>()

  /** @param from a folder, or one file @param to where that lies on the node; below it, when it ends with a slash and `from` is a file */
  constructor(node: RunningNode, from: string, to: string) {
    if (!to.startsWith('/')) {
      throw new StackrigError('USAGE', 'the place on a node must be an absolute path', { seen: to })
    }
    this.#node = node
    this.#from = from
    this.#to = to
  }

  /**
   * Resolves with the paths on the node that were written.
   * @throws StackrigError USAGE, COMMAND_FAILED
   */
  async copy(): Promise<string[]> {
    const entries = (await readHostTree(this.#from)).map((entry) => ({ ...entry, at: this.#placeOf(entry) }))
    const asked = entries.filter(({ at }) => !this.#known.has(at))
    for (let n = 0; n < asked.length; n += askedAtOnce) await this.#ask(asked.slice(n, n + askedAtOnce))
    const differing = entries.filter((entry) => this.#known.get(entry.at) !== contentOf(entry))
    await this.#makeFolders(differing.map(({ at }) => posix.dirname(at)))
    for (const entry of differing) await this.#write(entry)
    return differing.map(({ at }) => at)
  }

  #placeOf({ path }: HostEntry): string {
    if (path !== '') return posix.join(this.#to, path)
    return this.#to.endsWith('/') ? posix.join(this.#to, posix.basename(this.#from)) : this.#to
  }

  async #ask(entries: readonly Placed[]): Promise<void> {
    const looks = entries.map(({ at, kind }) => `${kind} ${quoteWord(at)}`)
    const lines = (await this.#node.run({ timeout: '10min' })`sh -c ${[...look, ...looks].join('\n')}`).split(
      '\n',
    )
    entries.forEach(({ at, kind }, n) => this.#known.set(at, contentIn(lines[n] ?? '', kind)))
  }

  /** All that are missing, from the outermost on. */
  async #makeFolders(folders: readonly string[]): Promise<void> {
    const all = [...new Set(folders.flatMap(withParents))].sort()
    if (all.length === 0) return
    const made = `for p in ${all.map(quoteWord).join(' ')}; do [ -d "$p" ] || { mkdir "$p" && own "$p"; } || exit; done`
    await this.#node.run`sh -c ${`${own}; ${made}`}`
  }

  async #write(entry: Placed): Promise<void> {
    const { at } = entry
    const isNew = this.#known.get(at) === undefined
    if (entry.kind === 'link') {
      await this.#node.run`ln -sfn ${entry.target} ${at}`
    } else {
      const content = await readFile(join(this.#from, entry.path))
      await this.#node.writeFile(at, content)
      if (isNew)
        await this.#node.run`sh -c ${`${own}; chmod ${entry.mode.toString(8)} "$0" && own "$0"`} ${at}`
    }
    this.#known.set(at, contentOf(entry))
  }
}

type Placed = HostEntry & { at: string }

/** Gives a path the owner of the folder that it is in: the third and fourth word of `ls -nd` (POSIX). */
const own = 'own() { set -- "$1" $(ls -nd "${1%/*}/"); chown "$4:$5" "$1"; }'

const contentOf = (entry: HostEntry): string => (entry.kind === 'file' ? entry.sha256 : `>${entry.target}`)

/** What a node says of a file, or of a link, as `contentOf` has it; a line that is never empty, for the last ones would be lost. */
const look = [
  'file() { if [ -f "$1" ]; then sha256sum <"$1"; else echo -; fi; }',
  'link() { if [ -L "$1" ]; then echo ">$(readlink "$1")"; else echo -; fi; }',
]

function contentIn(line: string, kind: HostEntry['kind']): string | undefined {
  if (line === '-') return undefined
  return kind === 'file' ? line.slice(0, 64) : line
}

function withParents(folder: string): string[] {
  const above = posix.dirname(folder)
  return above === folder ? [] : [...withParents(above), folder]
}
