import * as z from 'zod'
import type { Duration } from '../duration.js'
import { StackrigError } from '../errors/index.js'
import { waitFor } from '../waits/index.js'
import { resource } from './resource.js'
import { serverFailure, serverFields, serverSchema, type Server, type ServerBody } from './server.js'
import type { Service } from './service.js'
import { list, parseJson } from './json.js'

export interface NewServer {
  /** Default: `server`. */
  name?: string
  /** Id, name, or the image. */
  image: string | { id: string }
  /** Id, name, or the flavor. */
  flavor: string | { id: string }
  /** Id, name, or the network; without it Nova takes the project's only network, and refuses when there are several. */
  network?: string | { id: string } | undefined
  /** `nova`, or `nova:compute` to name the host. */
  availabilityZone?: string
  /** For cloud-init; plain text, encoded here. */
  userData?: string
  /** Whether the metadata are on a disk of the instance's own, too. */
  configDrive?: boolean
  securityGroups?: string[]
}

const flavorSchema = z
  .object({ id: z.string(), name: z.string(), ram: z.number(), vcpus: z.number(), disk: z.number() })
  .transform(({ ram, vcpus, ...rest }) => ({ ...rest, memory: ram, cpus: vcpus }))

/** `memory` in MiB, `disk` in GiB. */
export type Flavor = z.infer<typeof flavorSchema>

const serviceSchema = z.object({
  binary: z.string(),
  host: z.string(),
  zone: z.string(),
  status: z.enum(['enabled', 'disabled']),
  state: z.enum(['up', 'down']),
  updated_at: z.string().nullable(),
})

export type ComputeService = z.infer<typeof serviceSchema>

const hypervisorSchema = z
  .object({
    id: z.union([z.number(), z.string()]),
    hypervisor_hostname: z.string(),
    // libvirt's driver reports QEMU under KVM, too: this does not prove KVM.
    hypervisor_type: z.string(),
    // These three are not there before Juno.
    host_ip: z.string().optional(),
    state: z.enum(['up', 'down']).optional(),
    status: z.enum(['enabled', 'disabled']).optional(),
    vcpus: z.number(),
    memory_mb: z.number(),
    running_vms: z.number(),
  })
  .transform((body) => ({
    id: String(body.id),
    hostname: body.hypervisor_hostname,
    type: body.hypervisor_type,
    address: body.host_ip,
    state: body.state,
    status: body.status,
    cpus: body.vcpus,
    memory: body.memory_mb,
    runningServers: body.running_vms,
  }))

/** `memory` in MiB. */
export type Hypervisor = z.infer<typeof hypervisorSchema>

/** Finds ids by name in other services. */
export interface Names {
  image(name: string): Promise<string | undefined>
  network(name: string): Promise<string | undefined>
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Compute API v2.1 at its base microversion, docs.openstack.org/api-ref/compute; in quotes the sections of that page. */
export class Nova {
  readonly #service: Service
  readonly #names: Names

  constructor(service: Service, names: Names) {
    this.#service = service
    this.#names = names
  }

  /** "Create server"; returns at once, with status BUILD. */
  async boot(options: NewServer): Promise<Server> {
    const { network, userData, configDrive, securityGroups } = options
    const server = {
      name: options.name ?? 'server',
      imageRef: await this.#idOf('image', options.image, (name) => this.#names.image(name)),
      flavorRef: await this.#flavorId(options.flavor),
      ...(network && {
        networks: [{ uuid: await this.#idOf('network', network, (name) => this.#names.network(name)) }],
      }),
      ...(options.availabilityZone && { availability_zone: options.availabilityZone }),
      ...(userData && { user_data: Buffer.from(userData).toString('base64') }),
      ...(configDrive !== undefined && { config_drive: configDrive }),
      ...(securityGroups && { security_groups: securityGroups.map((name) => ({ name })) }),
    }
    const schema = z.object({ server: z.object({ id: z.string() }) })
    const made = await this.#service.json(schema, 'POST', '/servers', { json: { server } })
    return this.get(made.server.id)
  }

  /** "Show server details" */
  async get(id: string): Promise<Server> {
    const schema = z.object({ server: serverSchema })
    return this.#server((await this.#service.json(schema, 'GET', `/servers/${id}`)).server)
  }

  /** "List servers detailed" */
  async list(
    query: { name?: string; host?: string; status?: string; all_tenants?: 1 } = {},
  ): Promise<Server[]> {
    const schema = z.object({ servers: list(serverSchema) })
    const { servers } = await this.#service.json(schema, 'GET', '/servers/detail', { query })
    return servers.map((server) => this.#server(server))
  }

  /** "Delete server"; it is gone some time later: `deleted(server)` waits for that. */
  async delete(id: string): Promise<void> {
    await this.#service.send('DELETE', `/servers/${id}`)
  }

  /** "Servers - run an action": `action(id, { reboot: { type: 'HARD' } })`; the answer's JSON, if there is one. */
  async action(id: string, action: Record<string, unknown>): Promise<unknown> {
    const { body } = await this.#service.send('POST', `/servers/${id}/action`, { json: action })
    return body.length === 0 ? undefined : parseJson(body)
  }

  /** "Show console output (os-getConsoleOutput action)": the last lines, or all there is. */
  async consoleOutput(id: string, lines?: number): Promise<string> {
    const json = { 'os-getConsoleOutput': lines === undefined ? {} : { length: lines } }
    const schema = z.object({ output: z.string() })
    return (await this.#service.json(schema, 'POST', `/servers/${id}/action`, { json })).output
  }

  /**
   * Waits until the console shows the text; all of the console then. Default time-out 10 min.
   * @throws StackrigError WAIT_TIMEOUT with what the last line of the console was.
   */
  consoleWith(id: string, text: string, options: { timeout?: Duration } = {}): Promise<string> {
    return waitFor(
      {
        what: `"${text}" on the console of server ${id}`,
        probe: async () => {
          const output = await this.consoleOutput(id)
          if (output.includes(text)) return { done: true, value: output }
          return { done: false, seen: output.trim().split('\n').at(-1) || 'an empty console' }
        },
      },
      { timeout: options.timeout ?? '10min', interval: '2s', signal: this.#service.session.http.signal },
    )
  }

  /** "Attach a volume to an instance"; the volume becomes `in-use` some time later. */
  async attachVolume(serverId: string, volumeId: string): Promise<void> {
    const json = { volumeAttachment: { volumeId } }
    await this.#service.send('POST', `/servers/${serverId}/os-volume_attachments`, { json })
  }

  /** "Detach a volume from an instance"; the volume becomes `available` some time later. */
  async detachVolume(serverId: string, volumeId: string): Promise<void> {
    await this.#service.send('DELETE', `/servers/${serverId}/os-volume_attachments/${volumeId}`)
  }

  /** "List flavors with details" */
  async flavors(): Promise<Flavor[]> {
    const schema = z.object({ flavors: list(flavorSchema) })
    return (await this.#service.json(schema, 'GET', '/flavors/detail')).flavors
  }

  /** "Create flavor"; `memory` in MiB, `disk` in GiB (0: as large as the image). */
  async createFlavor(flavor: {
    name: string
    memory: number
    cpus?: number
    disk?: number
  }): Promise<Flavor> {
    const { name, memory: ram, cpus: vcpus = 1, disk = 0 } = flavor
    const json = { flavor: { name, ram, vcpus, disk } }
    const schema = z.object({ flavor: flavorSchema })
    return (await this.#service.json(schema, 'POST', '/flavors', { json })).flavor
  }

  /** "List compute services": nova-scheduler, nova-conductor, nova-compute of every host. */
  async services(): Promise<ComputeService[]> {
    const schema = z.object({ services: list(serviceSchema) })
    return (await this.#service.json(schema, 'GET', '/os-services')).services
  }

  /** "List hypervisors details": only hosts that are mapped into a cell are here. */
  async hypervisors(): Promise<Hypervisor[]> {
    const schema = z.object({ hypervisors: list(hypervisorSchema) })
    return (await this.#service.json(schema, 'GET', '/os-hypervisors/detail')).hypervisors
  }

  #server(body: ServerBody): Server {
    return resource('server', serverFields(body), serverFailure(body), () => this.get(body.id))
  }

  async #flavorId(flavor: NewServer['flavor']): Promise<string> {
    if (typeof flavor !== 'string') return flavor.id
    const flavors = await this.flavors()
    const found = flavors.find(({ id, name }) => id === flavor || name === flavor)
    if (found) return found.id
    throw new StackrigError('USAGE', `there is no flavor ${flavor}`, {
      seen: `flavors: ${flavors.map(({ name }) => name).join(', ') || 'none'}`,
    })
  }

  async #idOf(
    kind: string,
    given: string | { id: string },
    byName: (name: string) => Promise<string | undefined>,
  ): Promise<string> {
    if (typeof given !== 'string') return given.id
    if (uuid.test(given)) return given
    const id = await byName(given)
    if (id !== undefined) return id
    throw new StackrigError('USAGE', `there is no ${kind} ${given}`)
  }
}
