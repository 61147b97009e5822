import JSONValues

/// One entry of `data` in the answer of /v1/models: a teacher, as OpenAI's API and vLLM list it.
package struct ListedModel: Equatable, Sendable {
    /// Name under which requests choose it.
    package var name: String
    /// When it was loaded, in seconds since 1970.
    package var created: Int
    /// Most tokens of a prompt, what it predicts behind it counted.
    package var maxModelLength: Int

    package init(name: String, created: Int, maxModelLength: Int) {
        self.name = name
        self.created = created
        self.maxModelLength = maxModelLength
    }
}

extension JSONWriter {
    mutating func listed(_ models: [ListedModel]) {
        field("object", "list")
        key("data")
        array { writer in
            for model in models {
                writer.element()
                writer.object { writer in
                    writer.field("id", model.name)
                    writer.field("object", "model")
                    writer.field("created", model.created)
                    writer.field("owned_by", "remit")
                    writer.field("root", model.name)
                    writer.field("max_model_len", model.maxModelLength)
                }
            }
        }
    }
}
