import * as z from 'zod'
import { list } from './json.js'

export const networkSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  subnets: list(z.string()),
  mtu: z.number().optional(),
  'router:external': z.boolean().default(false),
  'provider:network_type': z.string().nullable().optional(),
  'provider:segmentation_id': z.number().nullable().optional(),
})

export const subnetSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    network_id: z.string(),
    cidr: z.string(),
    gateway_ip: z.string().nullable(),
    enable_dhcp: z.boolean(),
  })
  .transform((body) => ({
    id: body.id,
    name: body.name,
    networkId: body.network_id,
    cidr: body.cidr,
    gateway: body.gateway_ip ?? undefined,
    dhcp: body.enable_dhcp,
  }))

export type Subnet = z.infer<typeof subnetSchema>

export const portSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  network_id: z.string(),
  device_id: z.string(),
  device_owner: z.string(),
  mac_address: z.string(),
  fixed_ips: list(z.object({ subnet_id: z.string(), ip_address: z.string() })),
  'binding:host_id': z.string().optional(),
  'binding:vif_type': z.string().optional(),
})

export const routerSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  external_gateway_info: z.object({ network_id: z.string() }).nullable(),
})

export const floatingIpSchema = z
  .object({
    id: z.string(),
    floating_ip_address: z.string(),
    fixed_ip_address: z.string().nullable(),
    port_id: z.string().nullable(),
  })
  .transform((body) => ({
    id: body.id,
    address: body.floating_ip_address,
    fixedAddress: body.fixed_ip_address ?? undefined,
    portId: body.port_id ?? undefined,
  }))

/** `address` on the external network leads to `fixedAddress`. */
export type FloatingIp = z.infer<typeof floatingIpSchema>

export const agentSchema = z.object({
  id: z.string(),
  binary: z.string(),
  host: z.string(),
  agent_type: z.string(),
  alive: z.boolean(),
  admin_state_up: z.boolean(),
  heartbeat_timestamp: z.string(),
})

/** `alive` is Neutron's opinion: a heartbeat within its agent_down_time. */
export type Agent = z.infer<typeof agentSchema>

// `tenant_id` alone before Newton, both since then.
export const securityGroupSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    project_id: z.string().optional(),
    tenant_id: z.string().default(''),
  })
  .transform(({ tenant_id, project_id = tenant_id, ...group }) => ({ ...group, project_id }))

export type SecurityGroup = z.infer<typeof securityGroupSchema>

export interface NetworkFields {
  id: string
  name: string
  /** `ACTIVE`, `DOWN`, `BUILD` or `ERROR` */
  status: string
  /** Ids of its subnets. */
  subnetIds: string[]
  mtu: number | undefined
  external: boolean
  /** `vxlan`, `flat`, …; only administrators see it. */
  type: string | undefined
  /** The VXLAN network identifier, or VLAN; only administrators see it. */
  segment: number | undefined
}

export interface PortFields {
  id: string
  name: string
  /** `ACTIVE`, `DOWN`, `BUILD` or `ERROR` */
  status: string
  networkId: string
  /** The server, router or DHCP agent it belongs to. */
  deviceId: string
  /** `compute:nova`, `network:dhcp`, … */
  deviceOwner: string
  mac: string
  addresses: string[]
  /** The node it is bound to; only administrators see it. */
  host: string | undefined
  /** `ovs`, `unbound`, `binding_failed`, …; only administrators see it. */
  vifType: string | undefined
}

export interface RouterFields {
  id: string
  name: string
  status: string
  externalNetworkId: string | undefined
}
