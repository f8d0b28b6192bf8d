import type { Layout, RoleContract } from './contract.js'

type Roles = Readonly<Record<string, RoleContract>>

/** The roles that the nodes of a layout have. */
export function arrange(roles: Roles, layout: Layout): Roles {
  return layout === 'all-in-one' ? { 'all-in-one': together(Object.values(roles)) } : roles
}

/** What several nodes must be told and must run, each thing once: they share services and files. */
function together(roles: readonly RoleContract[]): RoleContract {
  const edits = roles.flatMap((role) => role.edits).map((edit) => [JSON.stringify(edit), edit] as const)
  return {
    services: [...new Set(roles.flatMap((role) => role.services))],
    edits: [...new Map(edits).values()],
    restart: [...new Set(roles.flatMap((role) => role.restart))],
  }
}
