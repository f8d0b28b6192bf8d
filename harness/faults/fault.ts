import type { ClockChange, Fault, FaultEvent } from '../cluster/index.js'

/** What is told of a fault that has begun or ended, beside its name. */
export interface Told {
  /** One line for people; default: the fault and what it is on. */
  text?: string
  clocks?: readonly ClockChange[]
}

/** A fault that holds, and how it is ended. */
export interface Begun extends Told {
  heal: () => Promise<Told>
}

/** The faults of a cluster that hold, and who is told of them. */
export class Register {
  readonly #listeners = new Set<(event: FaultEvent) => void>()
  #holding: readonly HeldFault[] = []

  /** @param over aborted when the cluster ends, and all its faults with it */
  constructor(over: AbortSignal) {
    over.addEventListener('abort', () => {
      for (const fault of this.#holding) this.#ended(fault, { text: `${title(fault)} ends with its cluster` })
    })
  }

  get holding(): readonly Fault[] {
    return this.#holding
  }

  onChange(listener: (event: FaultEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Begins a fault; it is told of when it holds. */
  async begin(name: string, on: string, begin: () => Promise<Begun>): Promise<Fault> {
    const { heal, ...told } = await begin()
    const fault: HeldFault = new HeldFault(
      name,
      on,
      // One that has ended with its cluster has nothing left to heal.
      async () => (this.#holding.includes(fault) ? this.#heal(fault, heal) : undefined),
      () => this.#holding.includes(fault),
    )
    this.#holding = [...this.#holding, fault]
    this.#tell(fault, 'begin', told)
    return fault
  }

  /** Ends all, the youngest first. Rejects with the first failure, when all were tried. */
  async heal(): Promise<void> {
    const failures: unknown[] = []
    for (const fault of this.#holding.toReversed())
      await fault.heal().catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw failures[0]
  }

  async #heal(fault: HeldFault, heal: Begun['heal']): Promise<void> {
    try {
      this.#ended(fault, await heal())
    } catch (error) {
      this.#ended(fault, { text: `${title(fault)} cannot be healed` })
      throw error
    }
  }

  #ended(fault: HeldFault, told: Told): void {
    if (!this.#holding.includes(fault)) return
    this.#holding = this.#holding.filter((other) => other !== fault)
    this.#tell(fault, 'end', told)
  }

  #tell(fault: HeldFault, phase: FaultEvent['phase'], { text, clocks }: Told): void {
    const said = text ?? `${title(fault)} ${phase === 'begin' ? 'begins' : 'ends'}`
    const event = {
      fault: fault.name,
      on: fault.on,
      phase,
      at: Date.now(),
      text: said,
      ...(clocks && { clocks }),
    }
    for (const listener of this.#listeners) listener(event)
  }
}

const title = ({ name, on }: Fault): string => `${name} on ${on}`

class HeldFault implements Fault {
  readonly name: string
  readonly on: string
  readonly #heal: () => Promise<void>
  readonly #holds: () => boolean
  #healed: Promise<void> | undefined

  constructor(name: string, on: string, heal: () => Promise<void>, holds: () => boolean) {
    this.name = name
    this.on = on
    this.#heal = heal
    this.#holds = holds
  }

  get holds(): boolean {
    return this.#holds()
  }

  heal(): Promise<void> {
    this.#healed ??= this.#heal()
    return this.#healed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.heal()
  }
}
