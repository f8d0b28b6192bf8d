import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import { partNames } from '../nightly/index.js'
import { packageFolder } from '../paths.js'

const step = z.strictObject({
  name: z.string().optional(),
  id: z.string().optional(),
  if: z.string().optional(),
  uses: z
    .string()
    .regex(/^actions\/[\w/-]+@v\d+$/)
    .optional(),
  with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  run: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  'timeout-minutes': z.number().optional(),
})
const job = z.object({
  needs: z.union([z.string().transform((name) => [name]), z.array(z.string())]).default([]),
  strategy: z.object({ matrix: z.object({ shard: z.array(z.number()) }) }).optional(),
  steps: z.array(step).min(1),
})
const workflow = z
  .object({ env: z.object({ PARTS: z.string(), SHARDS: z.number() }), jobs: z.record(z.string(), job) })
  .parse(parse(readFileSync(join(packageFolder, 'docs', 'nightly.github.yml'), 'utf8')))
const jobs = new Map(Object.entries(workflow.jobs))

test('every step runs something, or uses an action', () => {
  for (const { steps } of jobs.values())
    for (const { run, uses } of steps)
      expect([run, uses].filter((what) => what !== undefined)).toHaveLength(1)
})

test('a job waits for jobs that there are', () => {
  for (const { needs } of jobs.values()) for (const name of needs) expect([...jobs.keys()]).toContain(name)
})

test('the matrix has a machine for each shard of the plan', () => {
  const shards = Array.from({ length: workflow.env.SHARDS }, (_, at) => at + 1)
  expect(jobs.get('shard')?.strategy?.matrix.shard).toEqual(shards)
})

test('its parts are all that a project has which uses stackrig', () => {
  expect(workflow.env.PARTS.split(',')).toEqual(partNames(false))
})
