import { createRequire } from 'node:module'

interface Message {
  type: string
  body?: {
    isInitialUpdate?: boolean
    added?: { module: [number, string] }[]
    modified?: { module: [number, string] }[]
    message?: string
    type?: string
  }
}

interface Socket {
  on(event: 'open' | 'message', listener: (data: Buffer) => void): void
  send(text: string): void
  close(): void
}

const WebSocket = createRequire(import.meta.url)('ws') as new (url: string) => Socket

/** An app's connection to Metro, by which it gets updates while it runs. */
export class HotUpdates {
  readonly #socket: Socket
  #messages: Message[] = []

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Connects for a bundle that was loaded. */
  static of(bundleUrl: string): Promise<HotUpdates> {
    const socket = new WebSocket(`${new URL(bundleUrl).origin.replace('http', 'ws')}/hot`)
    const updates = new HotUpdates(socket)
    socket.on('open', () => socket.send(JSON.stringify({ type: 'register-entrypoints', entryPoints: [bundleUrl] })))
    return new Promise((resolve) => {
      socket.on('message', (data) => {
        const message = JSON.parse(data.toString()) as Message
        updates.#messages.push(message)
        if (message.type === 'bundle-registered') {
          updates.clear()
          resolve(updates)
        }
      })
    })
  }

  /** Forgets what has come. */
  clear(): void {
    this.#messages = []
  }

  /** The code of all modules that have come. */
  get code(): string {
    return this.#messages
      .flatMap(({ type, body }) => (type === 'update' ? [...body!.added!, ...body!.modified!] : []))
      .map(({ module: [, code] }) => code)
      .join('\n')
  }

  /** The texts of the errors that have come. */
  get errors(): string[] {
    return this.#messages.flatMap(({ type, body }) => (type === 'error' ? [body!.message ?? ''] : []))
  }

  close(): void {
    this.#socket.close()
  }
}
