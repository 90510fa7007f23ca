import { api, liveSeqHeader, Problem, type OperationId, type RouteContract } from '@holdfast/shared-types'
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi'
import { z } from 'zod'
import type { RestRule } from '../access/access-rules.ts'
import { restRuleOf } from '../access/require-access.ts'

const bytes = z.string().meta({ override: { type: 'string', format: 'binary' } })
const contentOf = (schema: z.ZodType | 'bytes', mediaType = 'application/octet-stream') =>
  schema === 'bytes' ? { [mediaType]: { schema: bytes } } : { 'application/json': { schema } }

/** Who may call, as OpenAPI says it. */
function securityOf(rule: RestRule): Record<string, string[]>[] {
  return [
    ...(rule.person === undefined ? [] : [{ signIn: [] }]),
    ...(rule.token === undefined ? [] : [{ apiToken: [] }]),
    ...(rule.agent === undefined ? [] : [{ agentToken: [] }]),
  ]
}

/** The same for people; null for calls that are open to all. */
function whoMay({ isOpen, person, token, agent }: RestRule): string | null {
  if (isOpen === true) return null
  const callers = [
    ...(person === undefined ? [] : [`people with the role \`${person}\` or more`]),
    ...(token === undefined ? [] : [`their API tokens with the scope \`${token}\` or more`]),
    ...(agent === undefined ? [] : ['devices, for what is their own']),
  ]
  return `For ${callers.join('; ')}.`
}

const liveSeq = z
  .string()
  .meta({ description: 'Where these topics stood before the answer was read: subscribe from there, and nothing is missed' })
const headersOf = ({ liveTopics }: RouteContract) =>
  liveTopics === undefined
    ? {}
    : { headers: z.object({ [liveSeqHeader]: liveSeq.meta({ example: liveTopics.map((topic) => `${topic}=42`).join(', ') }) }) }

function operation(operationId: OperationId, contract: RouteContract): ZodOpenApiOperationObject {
  const rule = restRuleOf(operationId)
  const description = whoMay(rule)
  return {
    operationId,
    summary: contract.summary,
    ...(description === null ? {} : { description }),
    tags: [contract.tag],
    security: securityOf(rule),
    requestParams: { ...(contract.params ? { path: contract.params } : {}), ...(contract.query ? { query: contract.query } : {}) },
    ...(contract.body ? { requestBody: { required: true, content: contentOf(contract.body) } } : {}),
    responses: {
      [String(contract.status ?? 200) as '200']: {
        description: 'Done',
        ...headersOf(contract),
        content: contentOf(contract.response, contract.mediaType),
      },
      default: { description: 'Problem details; `code` is stable', content: { 'application/problem+json': { schema: Problem } } },
    },
  }
}

/** OpenAPI 3.1 of every call, made from the contract that the routes are bound by. */
export function openApiDocument(hubVersion: string, cookieName: string) {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {}
  for (const [operationId, contract] of Object.entries(api) as [OperationId, RouteContract][]) {
    const path = (paths[contract.path] ??= {})
    path[contract.method] = operation(operationId, contract)
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version: hubVersion,
      description: 'Everything the console can do. Errors are problem details (RFC 9457) whose `code` never changes its meaning.',
      license: { name: 'AGPL-3.0-or-later', identifier: 'AGPL-3.0-or-later' },
    },
    servers: [{ url: '/' }],
    paths: paths,
    components: {
      securitySchemes: {
        signIn: { type: 'apiKey', in: 'cookie', name: cookieName, description: 'A person\u2019s sign-in' },
        apiToken: { type: 'http', scheme: 'bearer', description: 'An API token of a person; begins with `hft_`' },
        agentToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Signed by the agent with its own Ed25519 key; lives 5 minutes at most',
        },
      },
    },
  })
}
