import type { Contender } from "./contender.ts";
import { floor } from "./floor.ts";
import { fastcgiClient, fastcgiClientMultiplexed, nodePhpfpm } from "./npm.ts";
import { dispatch, multiplexed, request } from "./ours.ts";

/** All of them, the floor first. */
export const CONTENDERS: readonly Contender[] = [
  floor,
  dispatch,
  request,
  multiplexed,
  fastcgiClient,
  fastcgiClientMultiplexed,
  nodePhpfpm,
];
