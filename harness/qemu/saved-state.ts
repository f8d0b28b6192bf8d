import { open, readFile, rm, type FileHandle } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { milliseconds, type Duration } from '../duration.js'
import { messageOf, StackrigError } from '../errors/index.js'
import { stateSocket } from './command.js'
import { connectWhenListening } from './connect.js'
import { moreRoom } from './disk.js'
import type { Machine } from './machine.js'

// Guest memory is a file of its own, so that only the devices' state has to be moved (QEMU docs, "Migration",
// capability x-ignore-shared; tried with QEMU 7.2).
const capabilities = {
  capabilities: ['x-ignore-shared', 'events'].map((capability) => ({ capability, state: true })),
}

/** What a state begins with: QEMU_VM_FILE_MAGIC (QEMU, migration/savevm.h). */
const magic = 'QEVM'

interface Limits {
  /** Default 2 min. */
  timeout?: Duration | undefined
  signal?: AbortSignal | undefined
}

/**
 * Writes the devices' state of a paused machine to a new file, to the disk; resolves with its size in bytes. QEMU may
 * start no program, and takes what a program did with the state for done (`exec:cat > /dev/full` completes): so the state
 * comes to us, and we say whether it lies there whole.
 * @throws StackrigError HOST_DISK, QMP_FAILED, QEMU_DIED; the signal's reason.
 */
export async function saveState(machine: Machine, file: string, limits: Limits = {}): Promise<number> {
  using watch = watchMigration(machine, 'saving', limits)
  const socket = machine.path(stateSocket(machine.spec.name))
  const server = createServer().listen(socket)
  await once(server, 'listening', { signal: watch.signal })
  const handle = await openNew(file, server)
  try {
    const written = receive(server, handle, watch.signal)
    written.catch(() => undefined)
    await watch.tell('migrate-set-capabilities', capabilities)
    await watch.tell('migrate', { uri: `unix:${stateSocket(machine.spec.name)}` })
    // A disk without room is why QEMU cannot go on: that is the reason to tell.
    await Promise.race([watch.completed, written.then(() => watch.completed)])
    const size = await written
    await handle.sync()
    await requireWhole(machine, handle, size)
    return size
  } catch (error) {
    await rm(file, { force: true })
    throw saveError(error, file)
  } finally {
    await handle.close()
    server.close()
  }
}

/**
 * Loads what `saveState` wrote, or `saveDevices` when its spec says so, into a machine that was started with `incoming`.
 * @throws StackrigError QMP_FAILED, QEMU_DIED with QEMU's own words about a state it does not understand.
 */
export async function loadState(machine: Machine, file: string, limits: Limits = {}): Promise<void> {
  using watch = watchMigration(machine, 'loading', limits)
  const state = readFile(file)
  state.catch(() => undefined)
  // QEMU takes them one after the other.
  await Promise.all([
    watch.tell('migrate-set-capabilities', capabilities),
    watch.tell('migrate-incoming', { uri: `unix:${stateSocket(machine.spec.name)}` }),
  ])
  const socket = await connectWhenListening(machine.path(stateSocket(machine.spec.name)), watch.signal)
  watch.signal.addEventListener('abort', () => socket.destroy(), { once: true })
  // QEMU may have enough of it before its end; whether it has, it says itself.
  await Promise.race([state, watch.completed])
  socket.end(await state)
  await watch.completed
}

async function openNew(file: string, server: Server): Promise<FileHandle> {
  try {
    return await open(file, 'wx+', 0o600)
  } catch (error) {
    server.close()
    throw saveError(error, file)
  }
}

/** One connection, to its end; resolves with the number of bytes that lie in the file. */
async function receive(server: Server, handle: FileHandle, signal: AbortSignal): Promise<number> {
  const [socket] = (await once(server, 'connection', { signal })) as [Socket]
  const stop = (): unknown => socket.destroy(signal.reason as Error)
  signal.addEventListener('abort', stop, { once: true })
  try {
    let size = 0
    for await (const piece of socket as AsyncIterable<Buffer>) {
      // Not handle.write: that may write a part only.
      await handle.appendFile(piece)
      size += piece.length
    }
    return size
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function requireWhole(machine: Machine, handle: FileHandle, size: number): Promise<void> {
  const { size: kept } = await handle.stat()
  const { buffer } = await handle
    .read(Buffer.alloc(magic.length), 0, magic.length, 0)
    .catch(() => ({ buffer: Buffer.alloc(0) }))
  if (kept === size && buffer.toString('latin1') === magic) return
  throw new StackrigError('QMP_FAILED', `the saved state of node ${machine.spec.name} must be whole`, {
    seen: `${kept} of ${size} bytes, beginning with "${buffer.toString('hex')}"`,
  })
}

function saveError(error: unknown, where: string): unknown {
  if (!/ENOSPC|EDQUOT/.test(messageOf(error))) return error
  return new StackrigError('HOST_DISK', 'the state of a node must find room on this machine', {
    ...{ where, seen: messageOf(error), next: moreRoom, cause: error },
  })
}

interface Watch extends Disposable {
  completed: Promise<void>
  /** Gives QEMU a command, and waits for its answer no longer than for all of it. */
  tell: (command: string, args: object) => Promise<unknown>
  /** Aborted when there is nothing more to wait for. */
  signal: AbortSignal
}

/** QEMU tells how a migration goes (QEMU QMP Reference Manual, MIGRATION, capability `events`). */
function watchMigration(machine: Machine, what: string, { timeout = '2min', signal }: Limits): Watch {
  const wanted = `${what} the state of node ${machine.spec.name} must succeed`
  const given = [machine.signal, ...(signal ? [signal] : [])]
  const failed = new AbortController()
  const ended = new AbortController()
  let complete = (): void => undefined
  const completed = new Promise<void>((resolve, reject) => {
    complete = resolve
    const stop = AbortSignal.any([...given, failed.signal])
    const rejectNow = (): void => reject(stop.reason as Error)
    if (stop.aborted) rejectNow()
    else stop.addEventListener('abort', rejectNow, { once: true })
  })
  completed.catch(() => undefined)
  const timer = setTimeout(
    () =>
      failed.abort(new StackrigError('QMP_FAILED', wanted, { seen: `it took more than ${String(timeout)}` })),
    milliseconds(timeout),
  )
  const forget = machine.qmp.onEvent(({ event, data }) => {
    const status = event === 'MIGRATION' ? (data as { status?: string } | undefined)?.status : undefined
    if (status === 'completed') complete()
    if (status === 'failed' || status === 'cancelled') {
      void whyFailed(machine).then((seen) =>
        failed.abort(new StackrigError('QMP_FAILED', wanted, { seen: seen ?? status })),
      )
    }
  })
  return {
    completed,
    tell: (command, args) => Promise.race([machine.qmp.execute(command, args), completed]),
    signal: AbortSignal.any([...given, failed.signal, ended.signal]),
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      forget()
      ended.abort()
    },
  }
}

async function whyFailed(machine: Machine): Promise<string | undefined> {
  const info = await machine.qmp
    .execute<{ 'error-desc'?: string }>('query-migrate', {}, { timeout: '5s' })
    .catch(() => undefined)
  return info?.['error-desc']
}
