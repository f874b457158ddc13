import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { main, needBuild, runGraphdef, runShell } from './command.js'
import { testFolder, writeSmallModel } from './small-model.js'

describe('graphdef as a process', () => {
  beforeAll(needBuild)

  it('starts with a line that makes it a program', () => {
    expect(readFileSync(main, 'utf8').split('\n')[0]).toBe('#!/usr/bin/env node')
  })

  it('ends with status 0 after its work, and prints nothing on standard error', () => {
    const folder = testFolder()
    writeSmallModel(folder, 'a.pb')
    const given = ['transform_graph', '--in_graph=a.pb', '--out_graph=b.pb', '--outputs=softmax', '--transforms=deploy']
    const { status, stdout, stderr } = runGraphdef(folder, ...given)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^graphdef {2}a\.pb {2}12\.1 kB → 12 kB {2}deploy: 8 transforms, \d/)
    expect(readdirSync(folder).sort()).toEqual(['a.pb', 'b.pb'])
  })

  it('gives the same bytes each time', () => {
    const folder = testFolder()
    writeSmallModel(folder, 'a.pb')
    for (const target of ['b.pb', 'c.pb']) {
      const given = ['--in_graph=a.pb', `--out_graph=${target}`, '--outputs=softmax', '--transforms=eight_bit']
      expect(runGraphdef(folder, 'transform_graph', ...given).status).toBe(0)
    }
    expect(readFileSync(join(folder, 'b.pb')).equals(readFileSync(join(folder, 'c.pb')))).toBe(true)
  })

  it('ends with status 1 after one readable error, without a stack and without a file', () => {
    const folder = testFolder()
    writeFileSync(join(folder, 'a.pb'), 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n')
    const { status, stdout, stderr } = runGraphdef(
      folder,
      'transform_graph',
      '--in_graph=a.pb',
      '--out_graph=b.pb',
      '--transforms=deploy',
    )
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^graphdef transform_graph: git-lfs-pointer: /)
    expect(stderr).not.toMatch(/^ +at /m)
    expect(readdirSync(folder)).toEqual(['a.pb'])
  })

  it('takes it calmly when nobody reads its output to the end', () => {
    const { status, stderr } = runShell(
      testFolder(),
      '{ graphdef transforms --format=json; echo "status $?" >&2; } | true',
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'status 0\n' })
  })
})
