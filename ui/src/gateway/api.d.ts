// Made by `make ui-types` from the edge's OpenAPI document. Not to be edited.

export interface paths {
    "/v1/chat/completions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Create a chat completion */
        post: operations["create_chat_completion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the models */
        get: operations["list_models"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Describe a model
         * @description The id may contain slashes.
         */
        get: operations["describe_model"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/competition/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Publish a signed run
         * @description Only runs that are signed by a key that the operator trusts are taken in.
         */
        post: operations["publish_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/competition/arena/battles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open a battle
         * @description Two healthy competitors are drawn; who they are is told after the vote.
         */
        post: operations["open_battle"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/competition/arena/answers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stream one side's answer
         * @description Chunks as of a chat, with nothing in them but the answer's text. Once for each side.
         */
        post: operations["stream_answer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/marketplace/components/{component_id}/try": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Call a component
         * @description One narrow call, where the operator allows it.
         */
        post: operations["try_component"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/artifacts/{artifact_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch an artifact */
        get: operations["fetch_artifact"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        /** Describe an artifact */
        head: operations["describe_artifact"];
        patch?: never;
        trace?: never;
    };
    "/api/competition/leaderboard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who leads
         * @description On the suite that was measured last, unless one is named.
         */
        get: operations["get_leaderboard"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/competition/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Scores over time */
        get: operations["get_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/competition/runs/{run_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One run, task by task */
        get: operations["get_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/competition/submissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is entered */
        get: operations["list_submissions"];
        put?: never;
        /** Enter a competitor */
        post: operations["create_submission"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/competition/arena/votes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Vote, and learn who they were */
        post: operations["cast_vote"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/competition/arena/ratings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Ratings by blind votes */
        get: operations["get_ratings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/marketplace/components": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What there is */
        get: operations["list_components"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the gateway works
         * @description Alive is 200 even without a router; `ready=1` asks for 503 then.
         */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Prometheus metrics */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * ArenaRating
         * @description Where one competitor stands: 400 points are odds of 10 to 1; the mean is 1000.
         */
        ArenaRating: {
            /** Competitor Id */
            competitor_id: string;
            /** Rating */
            rating: number;
            /** Low */
            low: number;
            /** High */
            high: number;
            /** Votes */
            votes: number;
            /** Wins */
            wins: number;
            /** Ties */
            ties: number;
            /**
             * Copy Of
             * @description With whom it is rated as one; empty when it is its own.
             */
            copy_of: string;
        };
        /**
         * ArenaRatings
         * @description The best first.
         */
        ArenaRatings: {
            /** Ratings */
            ratings: components["schemas"]["ArenaRating"][];
            /**
             * Votes
             * @description Votes that count.
             */
            votes: number;
            /**
             * Excluded
             * @description Votes that do not, by reason.
             */
            excluded: {
                [key: string]: number;
            };
        };
        /**
         * Battle
         * @description Who meets whom is told after the vote.
         */
        Battle: {
            /** Battle Id */
            battle_id: string;
            /**
             * Token
             * @description Entitles to both answers and to one vote.
             */
            token: string;
            /** Expires At */
            expires_at: string;
        };
        /**
         * BenchmarkEstimate
         * @description The score of one benchmark.
         */
        BenchmarkEstimate: {
            /** Value */
            value: number;
            /** Low */
            low: number;
            /** High */
            high: number;
            /**
             * N
             * @description Observations behind it; 0 where not said.
             */
            n: number;
        };
        /**
         * ComponentEstimate
         * @description A part of the score.
         */
        ComponentEstimate: {
            /** Value */
            value: number;
            /** Low */
            low: number;
            /** High */
            high: number;
            /**
             * Weight
             * @description What it weighs, of 100.
             */
            weight: number;
            /**
             * N
             * @description Observations behind it; 0 where not said.
             */
            n: number;
        };
        /**
         * ComponentSample
         * @description How it is used.
         */
        ComponentSample: {
            /** Language */
            language: string;
            /** Code */
            code: string;
        };
        /**
         * ComponentTrial
         * @description How it can be tried: with a model in a chat, or by a call of its own.
         */
        ComponentTrial: {
            /** Label */
            label: string;
            /** Input */
            input: string;
            /** Note */
            note: string;
            /**
             * Model
             * @description To chat with; empty when the component itself is called.
             */
            model: string;
        };
        /**
         * ComponentVersion
         * @description One version.
         */
        ComponentVersion: {
            /** Version */
            version: string;
            /** Notes */
            notes: string;
        };
        /**
         * Health
         * @description How the gateway is.
         */
        Health: {
            /**
             * Status
             * @enum {string}
             */
            status: "ok" | "degraded";
            /** Version */
            version: string;
            /**
             * Router
             * @enum {string}
             */
            router: "reachable" | "unreachable";
        };
        /**
         * History
         * @description Scores over time, the oldest first.
         */
        History: {
            /** Points */
            points: components["schemas"]["HistoryPoint"][];
        };
        /**
         * HistoryPoint
         * @description One run's score.
         */
        HistoryPoint: {
            /** Run Id */
            run_id: string;
            /** Competitor Id */
            competitor_id: string;
            /** Suite */
            suite: string;
            /** At */
            at: string;
            score: components["schemas"]["ScoreEstimate"];
        };
        /**
         * Leaderboard
         * @description The ranking on one suite; without a suite when nothing is published.
         */
        Leaderboard: {
            suite: components["schemas"]["SuiteVersion"] | null;
            /** Suites */
            suites: string[];
            /** Entries */
            entries: components["schemas"]["LeaderboardEntry"][];
        };
        /**
         * LeaderboardEntry
         * @description One competitor's place.
         */
        LeaderboardEntry: {
            /** Rank */
            rank: number;
            /**
             * Tier
             * @description Entries that cannot be told apart share one; 1 is the best.
             */
            tier: number;
            /** Competitor Id */
            competitor_id: string;
            /** Run Id */
            run_id: string;
            /** Measured At */
            measured_at: string;
            /**
             * Runs
             * @description Its runs on this version of the suite; the latest counts.
             */
            runs: number;
            score: components["schemas"]["ScoreEstimate"];
            /**
             * Components
             * @description Those that were measured.
             */
            components: {
                [key: string]: components["schemas"]["ComponentEstimate"];
            };
        };
        /**
         * Marketplace
         * @description The catalogue.
         */
        Marketplace: {
            /** Components */
            components: components["schemas"]["MarketplaceComponent"][];
            /**
             * Trials Open
             * @description Whether components can be called from here.
             */
            trials_open: boolean;
        };
        /**
         * MarketplaceComponent
         * @description Something to build on.
         */
        MarketplaceComponent: {
            /** Id */
            id: string;
            /** Name */
            name: string;
            /** Summary */
            summary: string;
            /** Category */
            category: string;
            /** Kind */
            kind: string;
            /** Contract */
            contract: string;
            /** Source */
            source: string;
            /** Address */
            address: string;
            /** Operations */
            operations: components["schemas"]["NamedText"][];
            /** Settings */
            settings: components["schemas"]["NamedText"][];
            /** Versions */
            versions: components["schemas"]["ComponentVersion"][];
            sample: components["schemas"]["ComponentSample"];
            trial: components["schemas"]["ComponentTrial"] | null;
        };
        /**
         * Model
         * @description A name that can be asked for.
         */
        Model: {
            /** Id */
            id: string;
            /**
             * Object
             * @default model
             * @constant
             */
            object: "model";
            /**
             * Created
             * @description Always 0: competitors do not say when they were made.
             * @default 0
             */
            created: number;
            /**
             * Owned By
             * @default janus
             * @constant
             */
            owned_by: "janus";
            janus: components["schemas"]["ModelOrigin"];
        };
        /**
         * ModelList
         * @description Every name that can be asked for.
         */
        ModelList: {
            /**
             * Object
             * @default list
             * @constant
             */
            object: "list";
            /** Data */
            data: components["schemas"]["Model"][];
        };
        /**
         * ModelOrigin
         * @description Who stands behind a model id.
         */
        ModelOrigin: {
            /** Competitor Ids */
            competitor_ids: string[];
            /**
             * State
             * @description State of the best of them, `healthy` for example.
             */
            state: string;
            /** Description */
            description: string;
        };
        /**
         * NamedText
         * @description A name and what is behind it.
         */
        NamedText: {
            /** Name */
            name: string;
            /** What */
            what: string;
        };
        /**
         * PublishedRun
         * @description What became of a bundle.
         */
        PublishedRun: {
            /** Run Id */
            run_id: string;
            /**
             * Status
             * @enum {string}
             */
            status: "published" | "unchanged";
        };
        /**
         * Reveal
         * @description Who they were.
         */
        Reveal: {
            /** Left */
            left: string;
            /** Right */
            right: string;
            /** Counted */
            counted: boolean;
            /**
             * Reason
             * @description Why the vote does not count, such as `identical_answers`; else empty.
             */
            reason: string;
        };
        /**
         * RunDetail
         * @description A run with all its figures.
         */
        RunDetail: {
            /** Run Id */
            run_id: string;
            /** Competitor Id */
            competitor_id: string;
            suite: components["schemas"]["SuiteVersion"];
            /** Measured At */
            measured_at: string;
            /** Published At */
            published_at: string;
            /**
             * Signed By
             * @description Fingerprint of the key.
             */
            signed_by: string;
            score: components["schemas"]["ScoreEstimate"];
            /** Components */
            components: {
                [key: string]: components["schemas"]["ComponentEstimate"];
            };
            /** Benchmarks */
            benchmarks: {
                [key: string]: components["schemas"]["BenchmarkEstimate"];
            };
            /** Tasks */
            tasks: components["schemas"]["TaskOutcome"][];
        };
        /**
         * ScoreEstimate
         * @description A figure with its 95% confidence interval.
         */
        ScoreEstimate: {
            /** Value */
            value: number;
            /** Low */
            low: number;
            /** High */
            high: number;
        };
        /**
         * StoredSubmission
         * @description An entry as everybody sees it.
         */
        StoredSubmission: {
            /** Id */
            id: string;
            /** Name */
            name: string;
            /** Address */
            address: string;
            /** Transport */
            transport: string;
            /** License */
            license: string;
            /** Description */
            description: string;
            /**
             * Status
             * @enum {string}
             */
            status: "received" | "measured";
            /** Created At */
            created_at: string;
        };
        /**
         * Submissions
         * @description The newest first.
         */
        Submissions: {
            /** Submissions */
            submissions: components["schemas"]["StoredSubmission"][];
        };
        /**
         * SuiteVersion
         * @description A version of a suite; runs of different digests are not compared.
         */
        SuiteVersion: {
            /** Name */
            name: string;
            /** Digest */
            digest: string;
            /** Tasks */
            tasks: number;
        };
        /**
         * TaskOutcome
         * @description How one task went.
         */
        TaskOutcome: {
            /** Id */
            id: string;
            /** Benchmark */
            benchmark: string;
            /** Category */
            category: string;
            /** Repeat */
            repeat: number;
            /**
             * Score
             * @description From 0 to 1; null when it was not scored.
             */
            score: number | null;
            /** Failed */
            failed: boolean;
        };
        /**
         * TrialResult
         * @description What came back.
         */
        TrialResult: {
            /** Output */
            output: string;
            /** Call */
            call: string;
            /** Seconds */
            seconds: number;
            /** Truncated */
            truncated: boolean;
        };
        /**
         * AnswerSchema
         * @description A named JSON Schema.
         */
        AnswerSchema: {
            /** @description Name of the schema: letters, digits, `_` and `-`, at most 64. */
            name: string;
            /** @description What the schema is for, for the model. */
            description?: string | null;
            /** @description The JSON Schema. */
            schema?: {
                [key: string]: unknown;
            } | null;
            /** @description Whether the answer must follow the schema exactly. */
            strict?: boolean | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * AssistantMessage
         * @description What the model said, called or refused; `content` may be null when another of these is there.
         */
        AssistantMessage: ({
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            role: "assistant";
            /** @description What was said. */
            content?: (string | (components["schemas"]["TextPart"] | components["schemas"]["ImagePart"] | components["schemas"]["AudioPart"] | components["schemas"]["FilePart"] | components["schemas"]["RefusalPart"] | components["schemas"]["OtherPart"])[]) | null;
            /** @description Name of the speaker, to tell several of one role apart. */
            name?: string | null;
            /** @description Calls that the model made in this turn. */
            tool_calls?: (components["schemas"]["FunctionToolCall"] | components["schemas"]["OtherToolCall"])[] | null;
            /** @description What the model said instead of an answer. */
            refusal?: string | null;
            /** @description The model's reasoning in this turn. */
            reasoning_content?: string | null;
        } & {
            [key: string]: unknown;
        }) | {
            content: string | unknown[];
        } | {
            tool_calls: unknown[];
        } | {
            refusal: string;
        } | {
            reasoning_content: string;
        } | {
            function_call: Record<string, never>;
        } | {
            audio: Record<string, never>;
        } | {
            artifacts: unknown[];
        };
        /**
         * AudioClip
         * @description A sound clip.
         */
        AudioClip: {
            /** @description The clip's bytes in base64. */
            data: string;
            /**
             * @description How the bytes are encoded.
             * @enum {string}
             */
            format: "wav" | "mp3";
        } & {
            [key: string]: unknown;
        };
        /**
         * AudioPart
         * @description Sound.
         */
        AudioPart: {
            /** @constant */
            type: "input_audio";
            input_audio: components["schemas"]["AudioClip"];
        } & {
            [key: string]: unknown;
        };
        /**
         * CalledFunction
         * @description A function and what it is called with.
         */
        CalledFunction: {
            /** @description Name of the function. */
            name: string;
            /** @description Arguments as the model wrote them: JSON text, which may be invalid. */
            arguments: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * ChosenFunction
         * @description The function that must be called.
         */
        ChosenFunction: {
            /** @description Name of the function. */
            name: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * DeveloperMessage
         * @description Instructions of the application.
         */
        DeveloperMessage: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            role: "developer";
            /** @description The instructions. */
            content: string | (components["schemas"]["TextPart"] | components["schemas"]["ImagePart"] | components["schemas"]["AudioPart"] | components["schemas"]["FilePart"] | components["schemas"]["RefusalPart"] | components["schemas"]["OtherPart"])[];
            /** @description Name of the speaker, to tell several of one role apart. */
            name?: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * FilePart
         * @description A document.
         */
        FilePart: {
            /** @constant */
            type: "file";
            file: components["schemas"]["FileSource"];
        } & {
            [key: string]: unknown;
        };
        /**
         * FileSource
         * @description A document, by content or by id.
         */
        FileSource: {
            /** @description The document's bytes: base64, or a `data:` URL that holds base64. */
            file_data?: string | null;
            /** @description Id of a file that was uploaded before. */
            file_id?: string | null;
            /** @description Name to show to the model. */
            filename?: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * Function
         * @description A function that the model may call.
         */
        Function: {
            /** @description Name of the function: letters, digits, `_` and `-`, at most 64. */
            name: string;
            /** @description What it does, for the model. */
            description?: string | null;
            /** @description JSON Schema of its arguments. */
            parameters?: {
                [key: string]: unknown;
            } | null;
            /** @description Whether arguments must follow the schema exactly. */
            strict?: boolean | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * FunctionChoice
         * @description One function and no other.
         */
        FunctionChoice: {
            /** @constant */
            type: "function";
            function: components["schemas"]["ChosenFunction"];
        } & {
            [key: string]: unknown;
        };
        /**
         * FunctionMessage
         * @description The result of a function call (older form of `tool`).
         */
        FunctionMessage: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            role: "function";
            /** @description The result; null when the function returned none. */
            content: (string | (components["schemas"]["TextPart"] | components["schemas"]["ImagePart"] | components["schemas"]["AudioPart"] | components["schemas"]["FilePart"] | components["schemas"]["RefusalPart"] | components["schemas"]["OtherPart"])[]) | null;
            /** @description Name of the function. */
            name: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * FunctionTool
         * @description A function on offer.
         */
        FunctionTool: {
            /** @constant */
            type: "function";
            function: components["schemas"]["Function"];
        } & {
            [key: string]: unknown;
        };
        /**
         * FunctionToolCall
         * @description A call of a function.
         */
        FunctionToolCall: {
            /** @constant */
            type: "function";
            /** @description Id that the result refers to. */
            id: string;
            function: components["schemas"]["CalledFunction"];
        } & {
            [key: string]: unknown;
        };
        /**
         * ImagePart
         * @description A picture.
         */
        ImagePart: {
            /** @constant */
            type: "image_url";
            image_url: components["schemas"]["ImageUrl"];
        } & {
            [key: string]: unknown;
        };
        /**
         * ImageUrl
         * @description Where a picture is, or the picture itself.
         */
        ImageUrl: {
            /** @description An http(s) URL, or a `data:image/...;base64,` URL. */
            url: string;
            /** @description How closely the model is to look. */
            detail?: ("auto" | "low" | "high" | "original") | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * JsonObjectFormat
         * @description Any JSON object.
         */
        JsonObjectFormat: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "json_object";
        } & {
            [key: string]: unknown;
        };
        /**
         * JsonSchemaFormat
         * @description JSON that follows a schema.
         */
        JsonSchemaFormat: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "json_schema";
            json_schema: components["schemas"]["AnswerSchema"];
        } & {
            [key: string]: unknown;
        };
        /**
         * OtherChoice
         * @description Any other form, such as `allowed_tools`; travels as it is.
         */
        OtherChoice: {
            type: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * OtherPart
         * @description A part of any other type, such as `video_url`; travels as it is.
         */
        OtherPart: {
            type: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * OtherTool
         * @description A tool that is not a function; travels as it is.
         */
        OtherTool: {
            type: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * OtherToolCall
         * @description A call of a tool that is not a function; travels as it is.
         */
        OtherToolCall: {
            type: string;
            /** @description Id that the result refers to. */
            id: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * RefusalPart
         * @description What the assistant said instead of an answer.
         */
        RefusalPart: {
            /** @constant */
            type: "refusal";
            /** @description The refusal. */
            refusal: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * StreamOptions
         * @description How a stream is to be sent.
         */
        StreamOptions: {
            /** @description Whether a last chunk with `usage` and no choices is wanted. */
            include_usage?: boolean | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * SystemMessage
         * @description Instructions of the application (older name).
         */
        SystemMessage: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            role: "system";
            /** @description The instructions. */
            content: string | (components["schemas"]["TextPart"] | components["schemas"]["ImagePart"] | components["schemas"]["AudioPart"] | components["schemas"]["FilePart"] | components["schemas"]["RefusalPart"] | components["schemas"]["OtherPart"])[];
            /** @description Name of the speaker, to tell several of one role apart. */
            name?: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * TextFormat
         * @description Plain text.
         */
        TextFormat: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "text";
        } & {
            [key: string]: unknown;
        };
        /**
         * TextPart
         * @description A stretch of text.
         */
        TextPart: {
            /** @constant */
            type: "text";
            /** @description The text. */
            text: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * ToolMessage
         * @description The result of a tool call.
         */
        ToolMessage: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            role: "tool";
            /** @description The result. */
            content: string | (components["schemas"]["TextPart"] | components["schemas"]["ImagePart"] | components["schemas"]["AudioPart"] | components["schemas"]["FilePart"] | components["schemas"]["RefusalPart"] | components["schemas"]["OtherPart"])[];
            /** @description Id of the call that this answers. */
            tool_call_id: string;
            /** @description Name of the tool. */
            name?: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * UserMessage
         * @description What the person says.
         */
        UserMessage: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            role: "user";
            /** @description What is said. */
            content: string | (components["schemas"]["TextPart"] | components["schemas"]["ImagePart"] | components["schemas"]["AudioPart"] | components["schemas"]["FilePart"] | components["schemas"]["RefusalPart"] | components["schemas"]["OtherPart"])[];
            /** @description Name of the speaker, to tell several of one role apart. */
            name?: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * ChatCompletionRequest
         * @description A chat completion request as OpenAI defines it, plus `competitor_id`.
         *
         *     A field that is null counts as absent. Fields that are not listed travel to the competitor as they are.
         * @example {
         *       "max_completion_tokens": 64,
         *       "messages": [
         *         {
         *           "content": "You answer in one sentence.",
         *           "role": "system"
         *         },
         *         {
         *           "content": "Why is the sky blue?",
         *           "role": "user"
         *         }
         *       ],
         *       "model": "janus",
         *       "stream": false,
         *       "temperature": 0
         *     }
         */
        ChatCompletionRequest: {
            /** @description Model, alias or competitor that is asked; `janus` lets the router choose. */
            model: string;
            /** @description The conversation, oldest first. */
            messages: (components["schemas"]["SystemMessage"] | components["schemas"]["DeveloperMessage"] | components["schemas"]["UserMessage"] | components["schemas"]["AssistantMessage"] | components["schemas"]["ToolMessage"] | components["schemas"]["FunctionMessage"])[];
            /** @description Competitor that must answer; without it `model` decides. */
            competitor_id?: string | null;
            /** @description Whether the answer is wanted as server-sent events while it is made. */
            stream?: boolean | null;
            /** @description How the stream is to be sent. */
            stream_options?: components["schemas"]["StreamOptions"] | null;
            /** @description Sampling temperature; 0 is deterministic. */
            temperature?: number | null;
            /** @description Nucleus sampling mass. */
            top_p?: number | null;
            /** @description Answers wanted. */
            n?: number | null;
            /** @description Sequences that end an answer. */
            stop?: (string | string[]) | null;
            /** @description Limit of completion tokens (older name). */
            max_tokens?: number | null;
            /** @description Limit of completion tokens, reasoning included. */
            max_completion_tokens?: number | null;
            /** @description Penalty on tokens that are already there. */
            presence_penalty?: number | null;
            /** @description Penalty on tokens by how often they occurred. */
            frequency_penalty?: number | null;
            /** @description Bias by token id. */
            logit_bias?: {
                [key: string]: number;
            } | null;
            /** @description Whether log probabilities are wanted. */
            logprobs?: boolean | null;
            /** @description Alternatives per position. */
            top_logprobs?: number | null;
            /** @description Seed for repeatable sampling. */
            seed?: number | null;
            /** @description Tools that the model may call. */
            tools?: (components["schemas"]["FunctionTool"] | components["schemas"]["OtherTool"])[] | null;
            /** @description Which tool is to be called. */
            tool_choice?: (("none" | "auto" | "required") | components["schemas"]["FunctionChoice"] | components["schemas"]["OtherChoice"]) | null;
            /** @description Whether several tools may be called in one turn. */
            parallel_tool_calls?: boolean | null;
            /** @description Shape of the answer. */
            response_format?: (components["schemas"]["TextFormat"] | components["schemas"]["JsonObjectFormat"] | components["schemas"]["JsonSchemaFormat"]) | null;
            /** @description How hard to think: `minimal`, `low`, `medium`, `high`, or any word the competitor knows. */
            reasoning_effort?: string | null;
            /** @description The end user, as the caller names them. */
            user?: string | null;
            /** @description Labels of the caller. */
            metadata?: {
                [key: string]: string;
            } | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * AnswerRequest
         * @description One side of a battle.
         */
        AnswerRequest: {
            /** Token */
            token: string;
            /**
             * Side
             * @enum {string}
             */
            side: "left" | "right";
        };
        /**
         * ChatCompletion
         * @description A whole answer.
         */
        ChatCompletion: {
            /** Id */
            id: string;
            /**
             * Object
             * @constant
             */
            object: "chat.completion";
            /**
             * Created
             * @description Seconds since 1970.
             */
            created: number;
            /** Model */
            model: string;
            /** Choices */
            choices: components["schemas"]["CompletionChoice"][];
            /** @default null */
            usage: components["schemas"]["Usage"] | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * ChatCompletionChunk
         * @description One event of a stream.
         */
        ChatCompletionChunk: {
            /** Id */
            id: string;
            /**
             * Object
             * @constant
             */
            object: "chat.completion.chunk";
            /**
             * Created
             * @description Seconds since 1970.
             */
            created: number;
            /** Model */
            model: string;
            /**
             * Choices
             * @description Empty in the chunk that carries `usage`.
             */
            choices: components["schemas"]["ChunkChoice"][];
            /**
             * Usage
             * @default null
             */
            usage: {
                [key: string]: unknown;
            } | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * ChunkChoice
         * @description News of one of the `n` answers.
         */
        ChunkChoice: {
            /** Index */
            index: number;
            /**
             * Delta
             * @description Any of `role`, `content`, `reasoning_content`, `refusal`, `tool_calls`, and `janus`: a step of the answer's making, `{event, payload}`.
             */
            delta: {
                [key: string]: unknown;
            };
            /** Logprobs */
            logprobs: {
                [key: string]: unknown;
            } | null;
            /** Finish Reason */
            finish_reason: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * CompletionChoice
         * @description One of the `n` answers.
         */
        CompletionChoice: {
            /** Index */
            index: number;
            message: components["schemas"]["CompletionMessage"];
            /** Logprobs */
            logprobs: {
                [key: string]: unknown;
            } | null;
            /** Finish Reason */
            finish_reason: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * CompletionMessage
         * @description What the model said.
         */
        CompletionMessage: {
            /** Role */
            role: string;
            /** Content */
            content: string | null;
            /** Refusal */
            refusal: string | null;
            /**
             * Reasoning Content
             * @default null
             */
            reasoning_content: string | null;
            /**
             * Tool Calls
             * @default null
             */
            tool_calls: {
                [key: string]: unknown;
            }[] | null;
            /**
             * Artifacts
             * @description Files that the answer brings along.
             * @default null
             */
            artifacts: {
                [key: string]: unknown;
            }[] | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * ErrorDetail
         * @description What went wrong.
         */
        ErrorDetail: {
            /**
             * Message
             * @description One sentence for people.
             */
            message: string;
            /**
             * Type
             * @description Class of error, such as `invalid_request_error`.
             */
            type: string;
            /**
             * Param
             * @description The request field at fault.
             */
            param: string | null;
            /**
             * Code
             * @description The particular error, such as `model_not_found`.
             */
            code: string | null;
        };
        /**
         * ErrorResponse
         * @description The body of every error.
         */
        ErrorResponse: {
            error: components["schemas"]["ErrorDetail"];
        };
        /**
         * NewBattle
         * @description A question for two.
         */
        NewBattle: {
            /** Prompt */
            prompt: string;
        };
        /**
         * NewSubmission
         * @description A competitor to be entered.
         */
        NewSubmission: {
            /**
             * Name
             * @description Small letters, digits and dashes.
             */
            name: string;
            /**
             * Address
             * @description http(s)://, grpc://, or an image's reference.
             */
            address: string;
            /**
             * Transport
             * @description `http`, `grpc` or `image`.
             */
            transport: string;
            /**
             * License
             * @description SPDX identifier, or `proprietary`.
             */
            license: string;
            /**
             * Description
             * @description What it is good at, in a sentence.
             */
            description: string;
            /**
             * Contact
             * @description E-mail address; never shown.
             */
            contact: string;
        };
        /**
         * NewTrial
         * @description What a visitor gives a component.
         */
        NewTrial: {
            /** Input */
            input: string;
        };
        /**
         * NewVote
         * @description What a reader says of a battle.
         */
        NewVote: {
            /** Token */
            token: string;
            /**
             * Verdict
             * @enum {string}
             */
            verdict: "left" | "right" | "tie" | "both_bad";
        };
        /**
         * RunBundle
         * @description A signed run: Ed25519 over the canonical JSON of `run`.
         */
        RunBundle: {
            /**
             * Format
             * @constant
             */
            format: "janus-bench-bundle/1";
            /** Run */
            run: {
                [key: string]: unknown;
            };
            /**
             * Public Key
             * @description Raw key in base64.
             */
            public_key: string;
            /**
             * Signature
             * @description In base64.
             */
            signature: string;
        };
        /**
         * Usage
         * @description What an answer took.
         */
        Usage: {
            /** Prompt Tokens */
            prompt_tokens: number;
            /** Completion Tokens */
            completion_tokens: number;
            /** Total Tokens */
            total_tokens: number;
            /**
             * Cost Usd
             * @description US dollars.
             * @default null
             */
            cost_usd: number | null;
            /**
             * Sandbox Seconds
             * @default null
             */
            sandbox_seconds: number | null;
        } & {
            [key: string]: unknown;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    create_chat_completion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Where a stream has its steps and artifacts: in `delta.janus` (the default), in the chunk's `janus` beside `choices` (the default for stream helpers of client libraries), or nowhere. */
                "X-Janus-Steps"?: "delta" | "chunk" | "off";
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChatCompletionRequest"];
            };
        };
        responses: {
            /** @description The completion, or its stream when `stream` is true: `data:` lines with chunks, `: ping` comments while silent, `data: [DONE]` at the end. An error after the first byte is one `data:` line with an error object, and no `[DONE]` follows. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChatCompletion"];
                    "text/event-stream": {
                        data: "[DONE]" | string;
                    };
                };
            };
            /** @description The request is wrong; `param` names the field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No valid API key. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No such model, competitor or thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body came too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body is not said to be JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description Too many requests, or no room now; see `retry-after`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor failed. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    list_models: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelList"];
                };
            };
            /** @description No valid API key. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    describe_model: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
            /** @description No valid API key. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No such model, competitor or thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    publish_run: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunBundle"];
            };
        };
        responses: {
            /** @description The same run is here already. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublishedRun"];
                };
            };
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublishedRun"];
                };
            };
            /** @description The request is wrong; `param` names the field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No valid API key. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No such model, competitor or thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body came too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description It contradicts what is already there. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body is not said to be JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description Too many requests, or no room now; see `retry-after`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    open_battle: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewBattle"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Battle"];
                };
            };
            /** @description The request is wrong; `param` names the field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No valid API key. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No such model, competitor or thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body came too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description It contradicts what is already there. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body is not said to be JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description Too many requests, or no room now; see `retry-after`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    stream_answer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnswerRequest"];
            };
        };
        responses: {
            /** @description The answer's chunks. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                    "text/event-stream": {
                        data: "[DONE]" | string;
                    };
                };
            };
            /** @description The request is wrong; `param` names the field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No valid API key. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No such model, competitor or thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body came too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description It contradicts what is already there. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body is not said to be JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description Too many requests, or no room now; see `retry-after`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor failed. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    try_component: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                component_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTrial"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrialResult"];
                };
            };
            /** @description The request is wrong; `param` names the field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No valid API key. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description Not allowed. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No such model, competitor or thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body came too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body is not said to be JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description Too many requests, or no room now; see `retry-after`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor failed. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    fetch_artifact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                artifact_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The artifact, in its own media type. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                    "application/octet-stream": string;
                };
            };
            /** @description The range that was asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description The client has it already. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is wrong; `param` names the field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No valid API key. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No such model, competitor or thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The artifact has expired. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The range lies outside of the artifact. */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor failed. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    describe_artifact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                artifact_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The artifact, in its own media type. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description The range that was asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The client has it already. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is wrong; `param` names the field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No valid API key. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No such model, competitor or thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The artifact has expired. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The range lies outside of the artifact. */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The competitor failed. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_leaderboard: {
        parameters: {
            query?: {
                suite?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Leaderboard"];
                };
            };
            /** @description The request is wrong; `param` names the field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No such model, competitor or thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    get_history: {
        parameters: {
            query?: {
                suite?: string;
                competitor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["History"];
                };
            };
            /** @description The request is wrong; `param` names the field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No such model, competitor or thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    get_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDetail"];
                };
            };
            /** @description The request is wrong; `param` names the field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No such model, competitor or thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    list_submissions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Submissions"];
                };
            };
            /** @description The request is wrong; `param` names the field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No such model, competitor or thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    create_submission: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSubmission"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StoredSubmission"];
                };
            };
            /** @description The request is wrong; `param` names the field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No such model, competitor or thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body came too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description It contradicts what is already there. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body is not said to be JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description Too many requests, or no room now; see `retry-after`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    cast_vote: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewVote"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reveal"];
                };
            };
            /** @description The request is wrong; `param` names the field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No such model, competitor or thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body came too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description It contradicts what is already there. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The request body is not said to be JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description Too many requests, or no room now; see `retry-after`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    get_ratings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ArenaRatings"];
                };
            };
            /** @description No such model, competitor or thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    list_components: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Marketplace"];
                };
            };
            /** @description No such model, competitor or thing. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description The competitor, or the whole answer, took too long. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    health: {
        parameters: {
            query?: {
                ready?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description The request is wrong; `param` names the field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description A fault of the gateway. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
            /** @description No competitor or no router can be reached. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorResponse"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
}
