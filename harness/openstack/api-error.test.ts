import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ApiError, openstackMessage, requestIdOf } from './api-error.js'
import { maskSecrets } from './secrets.js'

const token = 'gAAAAABlZ3Jvb3QtdG9rZW4tb2YtYS10ZXN0LWNsb3VkLW9ubHk_x-y=='

// Bodies in the form that each service's API reference documents.
describe('openstackMessage', () => {
  it.each([
    [
      'Keystone',
      '{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}',
      'The request you have made requires authentication.',
    ],
    [
      'Nova',
      '{"itemNotFound":{"code":404,"message":"Instance x could not be found."}}',
      'Instance x could not be found.',
    ],
    ['Cinder', '{"badRequest":{"code":400,"message":"Invalid volume size."}}', 'Invalid volume size.'],
    [
      'Neutron',
      '{"NeutronError":{"type":"NetworkNotFound","message":"Network x could not be found.","detail":""}}',
      'Network x could not be found.',
    ],
    [
      'Neutron, before its API is up',
      '{"NeutronError":"Request Failed: internal server error"}',
      'Request Failed: internal server error',
    ],
    [
      'Placement',
      '{"errors":[{"status":404,"title":"Not Found","detail":"The resource could not be found.\\n\\n No resource provider  ","request_id":"req-1"}]}',
      'The resource could not be found.\n\n No resource provider',
    ],
    [
      'WSGI middleware',
      '{"message":"The server is busy.<br />","code":"503","title":"Service Unavailable"}',
      'The server is busy.',
    ],
    [
      'Glance',
      '<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n  Failed to find image &#x27;x&#x27;<br /><br />\n </body>\n</html>',
      "404 Not Found Failed to find image 'x'",
    ],
    ['nothing', '', 'an empty body'],
    ['JSON of no known form', '{"a":1,"b":2}', '{"a":1,"b":2}'],
  ])('%s', (_, body, message) => {
    expect(openstackMessage(body)).toBe(message)
  })

  it('cuts a page that is not from OpenStack', () => {
    expect(openstackMessage('x'.repeat(10_000)).length).toBeLessThan(600)
  })
})

describe('requestIdOf', () => {
  it('knows the header of each service', () => {
    expect(requestIdOf({ 'x-openstack-request-id': 'req-1', 'x-compute-request-id': 'req-2' })).toBe('req-1')
    expect(requestIdOf({ 'x-trans-id': 'tx1' })).toBe('tx1')
    expect(requestIdOf({})).toBeUndefined()
  })
})

describe('secrets', () => {
  it('are masked wherever they stand', () => {
    expect(maskSecrets(`token ${token} is bad`)).toBe('token *** is bad')
    expect(maskSecrets('{"user":{"name":"admin","password":"a\\"b"}}')).toBe(
      '{"user":{"name":"admin","password":"***"}}',
    )
    expect(maskSecrets('X-Auth-Token: 0123456789abcdef')).toBe('X-Auth-Token: ***')
    expect(maskSecrets('GET http://controller:35357/v2.0/tokens/0123456789abcdef?x=1')).toBe(
      'GET http://controller:35357/v2.0/tokens/***?x=1',
    )
    expect(maskSecrets(`token MII${'aB3+-'.repeat(40)}== of format PKI`)).toBe('token *** of format PKI')
  })

  it('do not reach an error', () => {
    const error = new ApiError({
      method: 'GET',
      url: 'http://controller:9292/v2/images',
      status: 401,
      said: `the token ${token} is revoked`,
      requestId: 'req-1',
    })
    expect(inspect(error, { depth: 10 })).not.toContain(token)
    expect(error).toMatchObject({
      code: 'API_FAILED',
      status: 401,
      requestId: 'req-1',
      said: 'the token *** is revoked',
    })
    expect(error.message).toContain('GET http://controller:9292/v2/images answered 401')
  })
})
