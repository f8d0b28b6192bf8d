import { cloudAccess } from './cloud-access.js'
import type { Topology } from './topology.js'

/** As whom one asks a cloud, and for which project. */
export interface CloudUser {
  username: string
  password: string
  project: string
}

/**
 * The variables by which OpenStack's own clients know a cloud and a user of it (python-openstackclient, "Environment variables").
 * @throws StackrigError USAGE when the topology has no cloud.
 */
export function openstackEnvironment(
  topology: Topology,
  { username, password, project }: CloudUser,
): Record<string, string> {
  const { identityUrl, apis, region, credentials } = cloudAccess(topology)
  const withDomains = apis.identity === 'v3'
  return {
    OS_AUTH_URL: identityUrl,
    OS_IDENTITY_API_VERSION: apis.identity.slice(1),
    OS_IMAGE_API_VERSION: apis.image.slice(1),
    OS_VOLUME_API_VERSION: apis.volume.slice(1),
    OS_REGION_NAME: region,
    OS_USERNAME: username,
    OS_PASSWORD: password,
    ...(withDomains
      ? {
          OS_PROJECT_NAME: project,
          OS_USER_DOMAIN_NAME: credentials.domain,
          OS_PROJECT_DOMAIN_NAME: credentials.domain,
        }
      : { OS_TENANT_NAME: project }),
  }
}
