import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cacheFolder } from '../paths.js'
import { ownHost } from '../testing/own-host.js'
import { pocketHost } from '../testing/pocket.js'
import { firstReport, startScript } from '../testing/script.js'

const { folder } = ownHost()

/** Seen at each amount of room that was left: what it ended with, and what lay there afterwards. */
interface Seen {
  room: number
  code: string
  left: string[]
}

test(
  'a disk that fills while a snapshot or a moment is saved: HOST_DISK, nothing is taken for whole, the next one works',
  { timeout: 1_200_000 },
  async () => {
    await pocketHost()
    const cache = join(folder, 'small')
    const moments = join(folder, 'moments')
    for (const name of [cache, moments]) mkdirSync(name)
    const mounts = `mount -t tmpfs -o size=600m none ${cache} && mount -t tmpfs -o size=200m none ${moments} && ln -s "$IMAGES" ${cache}/images && exec "$0" "$@"`
    const script = `
    const { closeSync, openSync, readdirSync, rmSync, statfsSync, writeSync } = await import('node:fs')
    const cache = '${cache}'
    const root = '${moments}'
    const piece = Buffer.alloc(64 * 1024, 1)
    const fill = (disk, room) => {
      const file = openSync(disk + '/filler', 'w')
      try { for (;;) { const { bavail, bsize } = statfsSync(disk); if (bavail * bsize <= room) break; writeSync(file, piece) } } catch {}
      closeSync(file)
    }
    const names = (path) => { try { return readdirSync(path) } catch { return [] } }
    const host = await pocketHost()
    const make = (room) => ensureGolden(pair, { ...host, readiness: { name: 'at once', prove: async () => fill(cache, room) } })
    const snapshots = []
    for (const room of [0, 256 * 1024, 8 * 1024 ** 2]) {
      const code = await make(room).then(() => 'none', (error) => error.code)
      snapshots.push({ room, code, left: names(cache + '/golden') })
      rmSync(cache + '/filler')
    }
    const golden = await make(Infinity)
    const moments = []
    const fork = await forkCluster(golden)
    await fork.node('one').run\`echo kept > /tmp/word\`
    for (const room of [0]) {
      fill(root, room)
      const code = await fork.moment('full', { root }).then(() => 'none', (error) => error.code)
      moments.push({ room, code, left: names(root).filter((name) => name !== 'filler') })
      rmSync(root + '/filler')
    }
    const moment = await fork.moment('room', { root })
    const again = await moment.fork()
    const words = [await fork.node('one').run\`cat /tmp/word\`, await again.node('one').run\`cat /tmp/word\`]
    await again.close()
    await fork.close()
    report({ snapshots, moments, words })`
    const running = startScript(script, {
      within: ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', mounts],
      env: { STACKRIG_CACHE: cache, IMAGES: `${cacheFolder()}/images`, STACKRIG_ACCELERATOR: 'tcg' },
    })
    const seen = await firstReport<{ snapshots: Seen[]; moments: Seen[]; words: string[] }>(running)
    for (const { code, left } of [...seen.snapshots, ...seen.moments]) {
      expect(code).toBe('HOST_DISK')
      expect(left).toEqual([])
    }
    expect(seen.words).toEqual(['kept', 'kept'])
    expect(readdirSync(cache)).toEqual([])
  },
)

test(
  'forks run on where the file system in memory that their snapshot lies in is full; one that could not is refused before it starts',
  { timeout: 600_000 },
  async () => {
    await pocketHost()
    const cache = join(folder, 'in-memory')
    mkdirSync(cache)
    const mounts = `mount -t tmpfs -o size=400m none ${cache} && ln -s "$IMAGES" ${cache}/images && exec "$0" "$@"`
    const script = `
    const { execFileSync } = await import('node:child_process')
    const { closeSync, openSync, rmSync, writeSync } = await import('node:fs')
    const cache = '${cache}'
    const fill = () => {
      const file = openSync(cache + '/filler', 'w')
      try { for (;;) writeSync(file, Buffer.alloc(4096, 1)) } catch {}
      closeSync(file)
    }
    const golden = await pairGolden()
    // A guest that writes to memory that it had not touched before.
    const touch = async (fork) => {
      const written = await fork.node('two').run\`mkdir -p /mnt && mount -t tmpfs -o size=90% none /mnt && head -c 30000000 /dev/zero | tee /mnt/file | wc -c\`
      await fork.close()
      return written.trim()
    }
    const tried = (work) => work.catch((error) => error.code ?? String(error))
    fill()
    const full = await tried(forkCluster(golden).then(touch))
    // As the memory of a snapshot was kept before.
    execFileSync('fallocate', ['--dig-holes', golden.folder + '/two.memory'])
    rmSync(cache + '/filler')
    fill()
    const sparse = await tried(forkCluster(golden).then(touch))
    rmSync(cache + '/filler')
    const again = await tried(forkCluster(golden).then(touch))
    report({ full, sparse, again })`
    const running = startScript(script, {
      within: ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', mounts],
      env: { STACKRIG_CACHE: cache, IMAGES: `${cacheFolder()}/images`, STACKRIG_ACCELERATOR: 'tcg' },
    })
    expect(await firstReport(running)).toEqual({ full: '30000000', sparse: 'HOST_DISK', again: '30000000' })
  },
)
