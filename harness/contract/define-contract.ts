import { StackrigError } from '../errors/index.js'
import type { Contract, ContractParts, OperatingSystem, RoleContract } from './contract.js'
import { arrange } from './layout.js'
import { problemsOf } from './problems.js'

/**
 * A contract, made of an operating system, an OpenStack release, and a layout.
 * @throws StackrigError CONTRACT_INVALID with all that is wrong, before anything is started.
 */
export function defineContract({ name, operatingSystem, release, layout }: ContractParts): Contract {
  const { units = {}, ...system } = operatingSystem
  const roles = Object.entries(release.roles).map(([role, told]) => [role, underUnits(told, units)] as const)
  const contract = {
    name,
    ...system,
    ...release,
    roles: arrange(Object.fromEntries(roles), layout ?? 'three-node'),
  }
  const problems = problemsOf(contract)
  if (problems.length === 0) return contract
  throw new StackrigError('CONTRACT_INVALID', 'A contract must be one that its images can keep.', {
    where: `contract ${name}`,
    seen: problems.join('\n'),
    next: `correct it in fixtures/contracts/${name}.ts`,
  })
}

/** The services of a role by the names that the operating system has for them. */
function underUnits(role: RoleContract, units: NonNullable<OperatingSystem['units']>): RoleContract {
  const named = (services: readonly string[]): string[] =>
    services.flatMap((service) => units[service] ?? [service])
  return { services: named(role.services), edits: role.edits, restart: named(role.restart) }
}
