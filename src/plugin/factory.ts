import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { UnpluginFactory, UnpluginOptions } from 'unplugin'
import { type HostName, hosts } from './hosts.js'
import { modelIdPattern, splitModelId } from './model-id.js'
import { ModelImports } from './model-imports.js'
import { modelModule } from './model-module.js'
import type { Options } from './options.js'
import { modelCodePattern, rewriteModelReferences } from './rewrite-model-references.js'
import { scriptIdPattern } from './source-tokens.js'

/** The plugin, for every host whose hooks are like Rollup's: what an import of a model resolves to, and its module. */
export const factory: UnpluginFactory<Options | undefined> = (options = {}, { framework }) => {
  const imports = new ModelImports(options)
  const host = hosts[framework as HostName](imports, () => plugin)
  // What `enforce` is for hosts that do not know it: a plugin before this one may take all .pb files.
  const first = framework === 'rollup' || framework === 'rolldown' ? { order: 'pre' } : {}
  const plugin: UnpluginOptions = {
    name: 'graphdef',
    enforce: 'pre',

    resolveId: {
      ...first,
      filter: { id: modelIdPattern },
      async handler(id, from) {
        const asked = splitModelId(id)
        if (!asked) return null
        const importer = from && host.modulePath ? host.modulePath(from) : from
        let file: string | undefined
        try {
          file = await host.resolve(this, asked.file, importer)
        } catch (error) {
          return host.fail(this, imports.ofImport(error, id, importer), asked.file)
        }
        if (file) {
          const found = imports.resolved(id, file, importer)
          return host.moduleNames?.nameOf(found) ?? found
        }
        const missing = imports.unresolved(id, importer)
        // A file that appears later mends the import.
        this.addWatchFile(missing.file)
        // Rolldown, which is in Vite too, watches only what is there.
        const folder = dirname(missing.file)
        if ((framework === 'rolldown' || framework === 'vite') && existsSync(folder)) this.addWatchFile(folder)
        return host.fail(this, missing.error, missing.file)
      },
    },

    transform: {
      filter: { id: scriptIdPattern, code: modelCodePattern },
      handler(code, id) {
        try {
          const rewritten = rewriteModelReferences(code, id, host.urlBase)
          for (const found of rewritten?.imports ?? []) imports.rewrote(id, found)
          return rewritten && { code: rewritten.code, map: rewritten.map() }
        } catch (error) {
          return host.fail(this, imports.inModule(error, id), id)
        }
      },
    },

    load: {
      ...first,
      filter: { id: host.moduleNames?.pattern ?? modelIdPattern },
      async handler(name) {
        const id = host.moduleNames ? host.moduleNames.idOf(name) : name
        const asked = id && splitModelId(id)
        if (!id || !asked) return null
        if (host.watch) host.watch(this, asked.file)
        else this.addWatchFile(asked.file)
        try {
          const model = await imports.load(id, {
            watch: (beside) => this.addWatchFile(beside),
            print: (line) => host.print(this, line),
          })
          if (host.serves?.(this)) await imports.writeTypes()
          const text = modelModule(model, () => host.url(this, model))
          return host.module ? host.module(text) : text
        } catch (error) {
          return host.fail(this, error, asked.file)
        }
      },
    },

    async buildEnd() {
      if (!host.serves?.(this)) await imports.finish()
    },

    ...host.hooks,
  }
  return plugin
}
