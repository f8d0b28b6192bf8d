import type { ApiVersions } from '../contract/index.js'
import { StackrigError } from '../errors/index.js'
import { controllerOf } from './roles.js'
import { passwordsOf, type Topology } from './topology.js'

/** Where the cloud of a topology is, and who may use it. */
export interface CloudAccess {
  /** Keystone's address with its version, as `http://controller:5000/v3`. */
  identityUrl: string
  /** Horizon's address, without a slash at the end. */
  horizonUrl: string
  apis: ApiVersions
  region: string
  /** The administrator's. */
  credentials: { username: string; password: string; project: string; domain: string }
  /** That of the accounts with which OpenStack's services ask Keystone. */
  servicePassword: string
  /** Service type in the catalogue -> port. */
  ports: Readonly<Record<string, number>>
}

/**
 * What the contract of a topology says of its cloud, with the controller's host name and the topology's passwords.
 * @throws StackrigError USAGE when the contract has no cloud.
 */
export function cloudAccess(topology: Topology): CloudAccess {
  const { cloud } = topology.contract
  if (!cloud) {
    throw new StackrigError('USAGE', 'a cloud needs a topology with OpenStack', {
      where: `topology ${topology.name}, contract ${topology.contract.name}`,
    })
  }
  const { identityUrl, horizonUrl, apis, region, credentials, ports } = cloud
  const controller = controllerOf(topology)?.hostName ?? 'controller'
  const { admin: password, service: servicePassword } = passwordsOf(topology)
  return {
    identityUrl: identityUrl.replaceAll('{controller}', controller),
    horizonUrl: horizonUrl.replaceAll('{controller}', controller),
    ...{ apis, region, ports, servicePassword },
    credentials: { ...credentials, password },
  }
}
