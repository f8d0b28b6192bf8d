import { expect, test } from 'vitest'
import { localNode } from '../testing/local-node.js'
import { aLook } from '../testing/looks.js'
import { output } from './output.js'

test('a command must succeed, and say it', async () => {
  const node = localNode()
  const condition = output(node, 'ready')`echo ${'all is ready'}`
  expect(condition.what).toBe('`echo \'all is ready\'` to say "ready" on local')
  expect(await condition.probe(aLook())).toEqual({ done: true, value: 'all is ready\n' })
  expect(await output(node, /^\d+$/)`echo soon`.probe(aLook())).toEqual({ done: false, seen: 'soon' })
  expect(await output(node, 'ready')`true`.probe(aLook())).toEqual({ done: false, seen: 'nothing' })
  expect(await output(node, 'ready')`echo ready; exit 3`.probe(aLook())).toEqual({
    done: false,
    seen: 'ready',
  })
})
