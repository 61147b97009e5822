import Foundation
import HTTPSockets
import Scoring
import ScoringAPI
import Sequences
import Tokenizers

/// What /v1/logprobs answers, in the words of other systems: POST /v1/completions (OpenAI's API, vLLM) and POST /generate (SGLang).
struct DialectsController: Sendable {
    /// What a body asks for, once it is read.
    private struct Question {
        let request: ScoreRequest
        /// What the body calls the number of likeliest tokens.
        let topKField: String
        /// Makes, of the prepared request, what writes the answer, and the texts that it repeats. What cannot be shown is an error here,
        /// before anything is scored.
        let answer: (PreparedRequest) throws -> (write: @Sendable (ScoreResponse) -> [UInt8], texts: [String])
    }

    private let service: ScoringService
    private let logProbs: LogProbsController

    init(_ service: ScoringService) {
        self.service = service
        logProbs = LogProbsController(service)
    }

    func completions(_ request: ServiceRequest) throws -> ServiceAnswer {
        try answer(request) { body in
            let asked = try CompletionRequest(json: body)
            return Question(request: asked.scoreRequest, topKField: asked.topK.field) { prepared in
                let models = prepared.models
                let texts = try asked.echo ? asked.prompts.map(models.text) : []
                let answer = CompletionAnswer(
                    asked, id: request.id.description, created: Int(Date().timeIntervalSince1970), texts: texts,
                    surface: models.surface)
                return ({ answer.json($0) }, texts)
            }
        }
    }

    func generate(_ request: ServiceRequest) throws -> ServiceAnswer {
        try answer(request) { body in
            let asked = try GenerateRequest(json: body)
            return Question(request: asked.scoreRequest, topKField: GenerateRequest.topKField) { prepared in
                let answer = GenerateAnswer(asked, id: request.id.description, surface: prepared.models.surface)
                return ({ answer.json($0) }, [])
            }
        }
    }

    private func answer(
        _ request: ServiceRequest, _ read: ([UInt8]) throws -> Question
    ) throws -> ServiceAnswer {
        let (prepared, (encode, texts)) = try service.working(until: request.deadline, for: request.http.connection) {
            let question = try read(request.json(DecodingMemory.prompts))
            let prepared = try logProbs.prepare(
                question.request, request.http.lease, topKField: question.topKField)
            return (prepared, try question.answer(prepared))
        }
        var exchange = ScoringExchange(
            service: service, request: request,
            forms: ScoreForms(answer: ScoreCodec(.json, answer: .whole { encode($1) })), prepared: prepared,
            choice: nil, result: LogProbsController.result(TemperedChoice()))
        exchange.answerBytes = texts.reduce(
            AnswerMemory.dialectBytes(tokens: prepared.tokenCount, topK: prepared.request.topK)
        ) { $0 + AnswerMemory.text($1) }
        return try exchange.answer()
    }
}

extension LoadedModels {
    /// A prompt as a text, special tokens shown.
    @Sendable fileprivate func text(of prompt: ScoreInput.Content) throws -> String {
        switch prompt {
        case .text(let text): text
        case .tokenIDs(let ids): try tokenizer.decode(ids, skipSpecialTokens: false)
        }
    }

    @Sendable fileprivate func surface(of id: Int32) -> String { surfaces(of: [id])[0] }
}
