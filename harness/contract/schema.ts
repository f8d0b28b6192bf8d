import * as z from 'zod'
import type { Contract } from './contract.js'
import { problemsOf } from './problems.js'

const role = z.object({
  memoryMiB: z.number().optional(),
  services: z.array(z.string()),
  edits: z.array(
    z.object({
      file: z.string(),
      format: z.enum(['ini', 'exports']),
      section: z.string().optional(),
      key: z.string(),
      value: z.string(),
    }),
  ),
  restart: z.array(z.string()),
})

const cloud = z.object({
  identityUrl: z.string(),
  apis: z.object({
    identity: z.enum(['v2.0', 'v3']),
    image: z.enum(['v1', 'v2']),
    volume: z.enum(['v1', 'v3']),
  }),
  horizonUrl: z.string(),
  region: z.string(),
  credentials: z.object({
    username: z.string(),
    password: z.string().optional(),
    project: z.string(),
    domain: z.string(),
  }),
  warmUp: z.literal(true).optional(),
  ports: z.record(z.string(), z.number()),
})

const part = z.object({
  services: z.array(z.string()),
  user: z.string().optional(),
  paths: z.array(z.string()),
  ports: z.array(z.number()).optional(),
  needs: z.array(z.string()).optional(),
  facts: z.string().optional(),
})

const purpose = z.object({ needs: z.array(z.string()), words: z.string() })

const duration = z.union([z.number(), z.templateLiteral([z.number(), z.enum(['ms', 's', 'min'])])])

/** A contract that was written down: of the form, and one that images can keep. */
export const contractSchema = z
  .strictObject({
    name: z.string(),
    init: z.enum(['systemd', 'sysv', 'busybox']),
    kernelWords: z.string(),
    logs: z.string().optional(),
    symptoms: z.array(z.object({ role: z.string(), command: z.string(), means: z.string() })).optional(),
    parts: z.record(z.string(), part).optional(),
    purposes: z.record(z.string(), purpose).optional(),
    facts: z.array(z.object({ role: z.string(), command: z.string() })).optional(),
    roles: z.record(z.string(), role),
    firstBoot: z.object({ service: z.string(), timeout: duration }).optional(),
    passwords: z.object({ admin: z.string(), service: z.string(), set: z.string() }).optional(),
    cloud: cloud.optional(),
  })
  // Parsed JSON holds no `undefined`, which is all that sets the types apart.
  .transform((contract) => contract as Contract)
  .refine((contract) => problemsOf(contract).length === 0)
