import "reflect-metadata";
import type { IncomingMessage, ServerResponse } from "node:http";

import { Body, Controller, Get, HttpCode, Module, Post, Query, Redirect } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";

/** NestJS on its Express adapter; decorators are called by hand, as Node runs no TypeScript that has to be compiled. */
export async function nestListener(): Promise<(request: IncomingMessage, response: ServerResponse) => unknown> {
  class Interop {
    hello(name: string): object {
      return { hello: name };
    }
    echo(body: object): object {
      return body;
    }
    old(): void {}
    empty(): void {}
    boom(): never {
      throw new Error("boom");
    }
  }
  decorate(Interop, "hello", Get("hello"));
  Query("name")(Interop.prototype, "hello", 0);
  decorate(Interop, "echo", Post("echo"), HttpCode(200));
  Body()(Interop.prototype, "echo", 0);
  decorate(Interop, "old", Get("old"), Redirect("/new"));
  decorate(Interop, "empty", Get("empty"), HttpCode(204));
  decorate(Interop, "boom", Get("boom"));
  Controller()(Interop);
  class Root {}
  Module({ controllers: [Interop] })(Root);
  const app = await NestFactory.create(Root, { logger: false });
  await app.init();
  return app.getHttpAdapter().getInstance() as (request: IncomingMessage, response: ServerResponse) => unknown;
}

function decorate(target: { prototype: object }, name: string, ...decorators: MethodDecorator[]): void {
  const descriptor = Object.getOwnPropertyDescriptor(target.prototype, name)!;
  for (const decorator of decorators) decorator(target.prototype, name, descriptor);
}
