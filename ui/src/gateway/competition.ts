import type { components } from "./api";

type Schemas = components["schemas"];

export type Leaderboard = Schemas["Leaderboard"];
export type Entry = Schemas["LeaderboardEntry"];
export type Estimate = Schemas["ScoreEstimate"];
export type History = Schemas["History"];
export type RunDetail = Schemas["RunDetail"];
export type NewSubmission = Schemas["NewSubmission"];
export type StoredSubmission = Schemas["StoredSubmission"];
export type Battle = Schemas["Battle"];
export type Verdict = Schemas["NewVote"]["verdict"];
export type Reveal = Schemas["Reveal"];
export type Ratings = Schemas["ArenaRatings"];
export type Marketplace = Schemas["Marketplace"];
export type TrialResult = Schemas["TrialResult"];

/** The gateway's own answers need no second check: their types are made from its document. */
export const asLeaderboard = (body: unknown) => body as Leaderboard;
export const asHistory = (body: unknown) => body as History;
export const asRun = (body: unknown) => body as RunDetail;
export const asSubmissions = (body: unknown) => (body as Schemas["Submissions"]).submissions;
export const asRatings = (body: unknown) => body as Ratings;
export const asMarketplace = (body: unknown) => body as Marketplace;
