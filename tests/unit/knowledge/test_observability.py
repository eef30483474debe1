"""What the logs could have shown."""

from __future__ import annotations

import re

import pytest

from iamaudit.knowledge.actions import catalogue
from iamaudit.knowledge.observability import observability
from iamaudit.knowledge.tables import rows

_EXPECTED = {
    "management": """
        athena:StartQueryExecution autoscaling:CompleteLifecycleAction apigateway:GET bedrock:InvokeModel
        bedrock:InvokeModelWithResponseStream bedrock:CreateAgent cloudformation:DescribeStacks
        cloudwatch:PutMetricAlarm cognito-idp:AdminInitiateAuth comprehend:DetectSentiment deadline:CreateFarm
        dynamodb:CreateTable dynamodb:DescribeTable ec2:DescribeInstances ec2:DescribeVpcs ec2:RunInstances
        ecr:BatchGetImage ecr:GetAuthorizationToken ecs:RunTask eks:DescribeCluster events:PutRule
        gameliftstreams:CreateApplication glue:GetTable iam:CreateRole iam:GetRole iam:ListUsers
        iot:CreateThing kinesis:CreateStream kms:Decrypt kms:GenerateDataKey lambda:CreateFunction
        logs:CreateLogGroup logs:CreateLogStream organizations:ListAccounts rds:DescribeDBInstances
        redshift:GetClusterCredentials s3:GetBucketPolicy s3:ListAllMyBuckets s3:PutLifecycleConfiguration
        sagemaker:CreateEndpoint secretsmanager:GetSecretValue ses:CreateEmailIdentity ses:DeleteIdentity
        s3express:CreateBucket s3express:PutBucketPolicy sns:CreateTopic sns:TagResource sqs:CreateQueue sqs:PurgeQueue ssm:GetParameter ssm:SendCommand states:StartExecution
        sts:AssumeRole support:DescribeCases swf:RegisterDomain textract:DetectDocumentText
        translate:TranslateText xray:CreateGroup
    """,
    "data": """
        appconfig:GetLatestConfiguration b2bi:StartTransformerJob bedrock:ApplyGuardrail bedrock:InvokeAgent
        bedrock:InvokeFlow bedrock:Retrieve bedrock-agentcore:InvokeGateway cassandra:Select
        cloudtrail-data:PutAuditEvents cloudwatch:PutMetricData deadline:GetJob dsql:DbConnect dynamodb:GetItem
        dynamodb:Query ebs:GetSnapshotBlock events:PutEvents firehose:PutRecord firehose:PutRecordBatch
        gameliftstreams:StartStreamSession geo-places:Geocode iotsitewise:BatchPutAssetPropertyValue
        kinesis:PutRecord kinesisvideo:PutMedia lambda:InvokeFunction qbusiness:ChatSync rds-data:ExecuteStatement
        rum:PutRumEvents s3:GetObject s3:ListBucket s3express:CreateSession sagemaker:InvokeEndpoint ses:SendEmail
        ses:SendRawEmail ses:SendTemplatedEmail sms-voice:SendTextMessage sns:Publish sqs:GetQueueAttributes
        sqs:GetQueueUrl sqs:SendMessage ssmmessages:OpenControlChannel swf:StartWorkflowExecution
        timestream:Select verifiedpermissions:IsAuthorized xray:GetSamplingTargets xray:PutTraceSegments
    """,
    "never": """
        aps:RemoteWrite cognito-idp:GetUser elasticfilesystem:ClientMount es:ESHttpGet execute-api:Invoke
        iot:Connect iot:Publish kafka-cluster:ReadData logs:PutLogEvents rds-db:connect sts:GetCallerIdentity
    """,
    "implied": """
        apigateway:AddCertificateToDomain iam:PassRole kafka-cluster:Connect logs:CreateLogDelivery quicksight:PassDataSource
        s3:BypassGovernanceRetention sts:SetSourceIdentity sts:TagSession
    """,
    "unknown": """
        appsync:GraphQL bedrock:CreateSession chime:SendChannelMessage cloudsearch:search cognito-sync:ListRecords
        ec2messages:GetMessages geo:GetMapTile iot:GetThingShadow iottwinmaker:ExecuteQuery kendra:Query
        kinesis:DescribeStreamSummary kinesis:ListShards lex:RecognizeText logs:FilterLogEvents
        execute-api:ManageConnections machinelearning:Predict mediastore:GetObject mobiletargeting:SendMessages
        neptune-db:ReadDataViaQuery nosuch:Thing
        opsworks:CreateStack payment-cryptography:EncryptData personalize:GetRecommendations
        resource-explorer-2:Search s3-outposts:GetObject s3tables:GetTableData s3vectors:QueryVectors sdb:Select
        servicediscovery:DiscoverInstances signer:SignPayload social-messaging:SendWhatsAppMessage
        ssmmessages:OpenDataChannel states:GetActivityTask states:SendTaskSuccess wisdom:QueryAssistant
        xray:GetSamplingRules acm:TagResource eks:ListDashboardData
        lakeformation:GetTableObjects
    """,
}

# a catalogue of tomorrow brings new actions of this kind: somebody has to say where each of them shows
_ACTS_ON_CONTENT = re.compile(
    r"(Send|Post|Invoke|Ingest|Predict|Poll|Recognize|Synthesize|Chat|Converse|Query|BatchPut|BatchWrite"
    r"|(Put|Get)(Record|Item|Object|Media|Vector)s?$|Put(Event|MetricData)s?$|Infer|Detect|Translate)"
)
_REVIEWED_AS_MANAGEMENT = """
    account:SendPhoneNumberVerification autoscaling:BatchPutScheduledUpdateGroupAction
    aws-marketplace:SendAgreementCancellationRequest aws-marketplace:SendAgreementPaymentRequest
    bedrock-agentcore:BatchPutGatewayRateLimits bedrock:IngestKnowledgeBaseDocuments bedrock:InvokeModel
    bedrock:InvokeModelWithResponseStream cases:BatchPutFieldOptions cloudformation:DetectStackDrift
    cloudformation:DetectStackResourceDrift cloudformation:DetectStackSetDrift
    codecommit:PostCommentForComparedCommit codecommit:PostCommentForPullRequest codecommit:PostCommentReply
    comprehend:DetectDominantLanguage comprehend:DetectEntities comprehend:DetectKeyPhrases
    comprehend:DetectPiiEntities comprehend:DetectSentiment comprehend:DetectSyntax
    comprehend:DetectTargetedSentiment comprehend:DetectToxicContent comprehendmedical:DetectEntitiesV2
    comprehendmedical:DetectPHI comprehendmedical:InferICD10CM comprehendmedical:InferRxNorm
    comprehendmedical:InferSNOMEDCT databrew:SendProjectSessionAction dataexchange:SendDataSetNotification
    datazone:BatchPutAttributesMetadata ec2-instance-connect:SendSSHPublicKey
    ec2-instance-connect:SendSerialConsoleSSHPublicKey ec2:SendDiagnosticInterrupt
    glue:QuerySchemaVersionMetadata iam:SendDelegationToken imagebuilder:SendWorkflowStepAction
    invoicing:SendProcurementPortalValidation lightsail:SendContactMethodVerification
    notifications-contacts:SendActivationCode partnercentral:SendEmailVerificationCode polly:SynthesizeSpeech
    profile:DetectProfileObjectType rekognition:DetectCustomLabels rekognition:DetectFaces
    rekognition:DetectLabels rekognition:DetectModerationLabels rekognition:DetectProtectiveEquipment
    rekognition:DetectText rekognition:RecognizeCelebrities repostspace:SendInvites sagemaker:QueryLineage
    sagemaker:SendPipelineExecutionStepFailure sagemaker:SendPipelineExecutionStepSuccess
    security-ir:SendFeedback ssm-contacts:SendActivationCode ssm:SendAutomationSignal ssm:SendCommand
    tax:BatchPutTaxRegistration textract:DetectDocumentText transfer:SendWorkflowStepState
    translate:TranslateDocument translate:TranslateText
"""


@pytest.mark.parametrize(
    ("action", "kind"), [(action, kind) for kind, actions in _EXPECTED.items() for action in actions.split()]
)
def test_each_action_shows_where_it_shows(action, kind):
    assert kind == observability(action).kind


def test_an_action_that_acts_on_content_shows_in_management_events_only_when_somebody_said_so():
    """Otherwise a new data-plane action would look unused, and be removed."""
    reviewed = set(_REVIEWED_AS_MANAGEMENT.split())

    shown = {
        action
        for action in catalogue().all_actions()
        if _ACTS_ON_CONTENT.match(action.partition(":")[2]) and observability(action).kind == "management"
    }

    assert reviewed == shown


def test_case_does_not_matter():
    assert observability("S3:getobject") == observability("s3:GetObject")


def test_a_data_event_names_the_type_a_selector_names():
    assert observability("lambda:InvokeFunction").resource_type == "AWS::Lambda::Function"


def test_a_type_that_is_only_plausible_is_named_and_never_proves_anything():
    found = observability("mobiletargeting:SendMessages")

    assert ("unknown", "AWS::Pinpoint::App") == (found.kind, found.resource_type)


def test_every_data_event_whose_use_could_be_disproved_names_a_type():
    nameless = [a for a in catalogue().all_actions() if observability(a).kind == "data" and "::" not in _type_of(a)]

    assert [] == nameless


def _type_of(action):
    return observability(action).resource_type


def test_no_action_of_its_own_row_is_both_a_data_event_and_not_logged():
    silent = {row["action"].lower() for row in rows("not_logged")}

    both = {row["action"] for row in rows("data_events") if row["action"].lower() in silent}

    assert set() == both


def test_an_own_row_goes_before_a_pattern():
    assert "unknown" == observability("ec2messages:GetMessages").kind
    assert "data" == observability("ssmmessages:CreateControlChannel").kind


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("data_events", "basis", {"documented", "plausible"}),
        ("not_logged", "kind", {"never", "unknown"}),
    ],
)
def test_each_column_of_words_has_known_words_only(table, column, words):
    assert words == {row[column] for row in rows(table)}


@pytest.mark.parametrize("table", ["data_events", "not_logged"])
def test_every_pattern_names_all_actions_of_a_service_or_a_family_that_exists(table):
    names = [action.lower() for action in catalogue().all_actions()]
    patterns = [row["action"].lower() for row in rows(table) if "*" in row["action"]]

    idle = [p for p in patterns if not any(name.startswith(p.removesuffix("*")) for name in names)]

    assert [] == idle


def test_a_documented_data_event_of_a_permission_without_an_api_operation_has_an_event_of_known_name():
    """Without the name of its event no use would ever be counted, and a covering trail would make it look unused."""
    mapped = {
        part.partition("@")[0].lower()
        for row in rows("event_actions")
        for part in re.split(r"[;|]", row["actions"].removeprefix("+"))
    }
    bare = {row["action"].lower() for row in rows("permission_only")}
    by_own_name = {  # the guides show events of the action's own name
        "bedrock-agentcore:invokegateway",
        "bedrock:renderprompt",
        "cassandra:modify",
        "cassandra:select",
        "dsql:dbconnect",
        "dsql:dbconnectadmin",
        "kinesisvideo:putmedia",
        "rum:putrumevents",
        "ssm:requestmanagedinstanceroletoken",
        "ssmmessages:createcontrolchannel",
        "ssmmessages:opencontrolchannel",
    }

    documented = {row["action"].lower() for row in rows("data_events") if row["basis"] == "documented"}
    doubtful = {action for action in documented & bare - mapped - by_own_name if not action.startswith("swf:")}

    assert set() == doubtful


def test_every_answer_has_a_reason_and_a_source():
    for action in ("s3:GetObject", "iam:PassRole", "logs:PutLogEvents", "ec2:RunInstances", "nosuch:Thing"):
        found = observability(action)

        assert found.reason
        assert found.source
