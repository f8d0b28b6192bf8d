import * as z from 'zod'
import { StackrigError } from '../errors/index.js'
import {
  agentSchema,
  floatingIpSchema,
  networkSchema,
  portSchema,
  routerSchema,
  securityGroupSchema,
  subnetSchema,
  type Agent,
  type FloatingIp,
  type NetworkFields,
  type PortFields,
  type RouterFields,
  type SecurityGroup,
  type Subnet,
} from './network-types.js'
import { resource, type Fresh } from './resource.js'
import type { Service } from './service.js'
import { list } from './json.js'

export type Network = Fresh<NetworkFields>
export type Port = Fresh<PortFields>
export type Router = Fresh<RouterFields>

export interface NewNetwork {
  name: string
  /** Addresses of its subnet, IPv4: `10.0.0.0/24`. */
  cidr: string
  /** Default true. */
  dhcp?: boolean
  /** Default: the first address; null for none. */
  gateway?: string | null
  external?: boolean
  /** For administrators: where the network lives, such as `{ type: 'flat', physical: 'external' }`. */
  provider?: { type: string; physical?: string; segment?: number }
}

/**
 * Network API v2.0, docs.openstack.org/api-ref/network/v2; in quotes the sections of that page. Quantum's is the same, but
 * for the word for a project.
 */
export class Neutron {
  readonly #service: Service
  readonly #project: 'project_id' | 'tenant_id'

  constructor(service: Service, project: 'project_id' | 'tenant_id') {
    this.#service = service
    this.#project = project
  }

  /** "List networks" */
  async networks(query: { name?: string } = {}): Promise<Network[]> {
    const schema = z.object({ networks: list(networkSchema) })
    const { networks } = await this.#service.json(schema, 'GET', '/networks', { query })
    return networks.map((network) => this.#network(network))
  }

  /** "Show network details" */
  async network(id: string): Promise<Network> {
    const schema = z.object({ network: networkSchema })
    return this.#network((await this.#service.json(schema, 'GET', `/networks/${id}`)).network)
  }

  /** "Create network" and "Create subnet": a network one can boot on. */
  async createNetwork(options: NewNetwork): Promise<Network> {
    const { provider } = options
    const network = {
      name: options.name,
      'router:external': options.external,
      'provider:network_type': provider?.type,
      'provider:physical_network': provider?.physical,
      'provider:segmentation_id': provider?.segment,
    }
    const schema = z.object({ network: networkSchema })
    const made = await this.#service.json(schema, 'POST', '/networks', { json: { network } })
    await this.createSubnet({ ...options, networkId: made.network.id })
    return this.network(made.network.id)
  }

  /** "Delete network": refused while servers or routers have ports on it. */
  async deleteNetwork(id: string): Promise<void> {
    await this.#service.send('DELETE', `/networks/${id}`)
  }

  /** "List subnets" */
  async subnets(query: { network_id?: string } = {}): Promise<Subnet[]> {
    const schema = z.object({ subnets: list(subnetSchema) })
    return (await this.#service.json(schema, 'GET', '/subnets', { query })).subnets
  }

  /** "Create subnet" */
  async createSubnet(
    options: Omit<NewNetwork, 'external' | 'provider'> & { networkId: string },
  ): Promise<Subnet> {
    const subnet = {
      network_id: options.networkId,
      name: options.name,
      ip_version: 4,
      cidr: options.cidr,
      enable_dhcp: options.dhcp ?? true,
      gateway_ip: options.gateway,
    }
    const schema = z.object({ subnet: subnetSchema })
    return (await this.#service.json(schema, 'POST', '/subnets', { json: { subnet } })).subnet
  }

  /** "List ports": those of a server with `device_id`. */
  async ports(
    query: { device_id?: string; network_id?: string; device_owner?: string } = {},
  ): Promise<Port[]> {
    const schema = z.object({ ports: list(portSchema) })
    const { ports } = await this.#service.json(schema, 'GET', '/ports', { query })
    return ports.map((port) => this.#port(port))
  }

  /** "Show port details" */
  async port(id: string): Promise<Port> {
    const schema = z.object({ port: portSchema })
    return this.#port((await this.#service.json(schema, 'GET', `/ports/${id}`)).port)
  }

  /** "List routers" */
  async routers(): Promise<Router[]> {
    const schema = z.object({ routers: list(routerSchema) })
    const { routers } = await this.#service.json(schema, 'GET', '/routers')
    return routers.map((router) => this.#router(router))
  }

  /** "Show router details" */
  async router(id: string): Promise<Router> {
    const schema = z.object({ router: routerSchema })
    return this.#router((await this.#service.json(schema, 'GET', `/routers/${id}`)).router)
  }

  /** "Create router" */
  async createRouter(options: { name: string; externalNetwork?: { id: string } }): Promise<Router> {
    const { name, externalNetwork } = options
    const gateway = externalNetwork && { external_gateway_info: { network_id: externalNetwork.id } }
    const schema = z.object({ router: routerSchema })
    const json = { router: { name, ...gateway } }
    return this.#router((await this.#service.json(schema, 'POST', '/routers', { json })).router)
  }

  /** "Add interface to router" */
  async addRouterInterface(router: { id: string }, subnet: { id: string }): Promise<void> {
    const json = { subnet_id: subnet.id }
    await this.#service.send('PUT', `/routers/${router.id}/add_router_interface`, { json })
  }

  /** "Remove interface from router" */
  async removeRouterInterface(router: { id: string }, subnet: { id: string }): Promise<void> {
    const json = { subnet_id: subnet.id }
    await this.#service.send('PUT', `/routers/${router.id}/remove_router_interface`, { json })
  }

  /** "Delete router" */
  async deleteRouter(id: string): Promise<void> {
    await this.#service.send('DELETE', `/routers/${id}`)
  }

  /** "Create floating IP": an address of the external network for a port behind a router. */
  async createFloatingIp(externalNetwork: { id: string }, port: { id: string }): Promise<FloatingIp> {
    const json = { floatingip: { floating_network_id: externalNetwork.id, port_id: port.id } }
    const schema = z.object({ floatingip: floatingIpSchema })
    return (await this.#service.json(schema, 'POST', '/floatingips', { json })).floatingip
  }

  /** "List all agents": DHCP, L3, metadata and Open vSwitch agents of every host. */
  async agents(): Promise<Agent[]> {
    const schema = z.object({ agents: list(agentSchema) })
    return (await this.#service.json(schema, 'GET', '/agents')).agents
  }

  /** "List security groups"; Neutron makes a project's `default` group when this is first asked. */
  async securityGroups(filter: { name?: string; project_id?: string } = {}): Promise<SecurityGroup[]> {
    const query = { name: filter.name, [this.#project]: filter.project_id }
    const schema = z.object({ security_groups: list(securityGroupSchema) })
    return (await this.#service.json(schema, 'GET', '/security-groups', { query })).security_groups
  }

  /**
   * The group that the instances of one's own project are in when nothing else is said; only its members reach each other.
   * @throws StackrigError USAGE when it has none.
   */
  async defaultGroup(): Promise<SecurityGroup> {
    const { projectId = '' } = await this.#service.session.token()
    const [group] = await this.securityGroups({ name: 'default', project_id: projectId })
    if (group) return group
    throw new StackrigError('USAGE', `there is no default security group of project ${projectId}`)
  }

  /** "Create security group rule": lets a protocol in, and only to that TCP or UDP port when one is given; the rule. */
  async allow(
    group: { id: string },
    what: { protocol: 'icmp' | 'tcp' | 'udp'; port?: number },
  ): Promise<{ id: string }> {
    const rule = {
      security_group_id: group.id,
      direction: 'ingress',
      ethertype: 'IPv4',
      protocol: what.protocol,
      port_range_min: what.port,
      port_range_max: what.port,
    }
    const schema = z.object({ security_group_rule: z.object({ id: z.string() }) })
    const json = { security_group_rule: rule }
    return (await this.#service.json(schema, 'POST', '/security-group-rules', { json })).security_group_rule
  }

  /** "Delete security group rule" */
  async deleteRule(id: string): Promise<void> {
    await this.#service.send('DELETE', `/security-group-rules/${id}`)
  }

  #network(body: z.infer<typeof networkSchema>): Network {
    const fields: NetworkFields = {
      id: body.id,
      name: body.name,
      status: body.status,
      subnetIds: body.subnets,
      mtu: body.mtu,
      external: body['router:external'],
      type: body['provider:network_type'] ?? undefined,
      segment: body['provider:segmentation_id'] ?? undefined,
    }
    return resource('network', fields, failureOf(body.status), () => this.network(body.id))
  }

  #port(body: z.infer<typeof portSchema>): Port {
    const fields: PortFields = {
      id: body.id,
      name: body.name,
      status: body.status,
      networkId: body.network_id,
      deviceId: body.device_id,
      deviceOwner: body.device_owner,
      mac: body.mac_address,
      addresses: body.fixed_ips.map((address) => address.ip_address),
      host: body['binding:host_id'] || undefined,
      vifType: body['binding:vif_type'] ?? undefined,
    }
    const unbound =
      fields.vifType === 'binding_failed' ? `no agent could bind it on ${fields.host}` : undefined
    return resource('port', fields, unbound ?? failureOf(body.status), () => this.port(body.id))
  }

  #router(body: z.infer<typeof routerSchema>): Router {
    const { id, name, status, external_gateway_info: gateway } = body
    const fields: RouterFields = { id, name, status, externalNetworkId: gateway?.network_id }
    return resource('router', fields, failureOf(status), () => this.router(id))
  }
}

function failureOf(status: string): string | undefined {
  return status === 'ERROR' ? 'Neutron gives the reason in its log only' : undefined
}
